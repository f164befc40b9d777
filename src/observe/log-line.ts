import type { GatewayEvent } from "../core/event.ts";
import type { AttemptRecord, ExchangeRecord, Verdict } from "../core/ledger.ts";

/** One event in words, without its time. Not yet escaped. */
export function tellEvent(event: GatewayEvent): string {
  switch (event.type) {
    case "exchange-ended":
      return tellExchange(event.record);
    case "hop-changed":
      return event.to === "benched"
        ? `exit ${event.exit} benched for ${tellDuration(event.forMs)}: ${event.reason}`
        : `exit ${event.exit} ${event.to}, was ${event.from}: ${event.reason}`;
    case "circuit-changed":
      return tellCircuit(event);
    case "verdict-revised":
      return `verdict of ${event.id}, attempt ${event.attempt}, revised from ${event.from} to ${event.to}: ${event.reason}`;
    case "tunnel-opened":
      return `tunnel ${event.id} opened`;
    case "tunnel-closed":
      return `tunnel ${event.id} closed`;
    case "exit-checked":
      return `exit ${event.exit} checked: ${event.fault ?? event.result}, ${tellDuration(event.ms)}`;
    case "operator-acted":
      return `operator (${event.by}) ${event.summary}`;
    case "config-changed":
      return `config changed: ${event.summary}`;
    case "config-refused":
      return `config refused, the old one stays in force: ${event.reason}`;
    case "warning":
      return `warning: ${event.message}`;
  }
}

function tellCircuit({ target, path, to, reason, forMs }: GatewayEvent & { type: "circuit-changed" }): string {
  const what = path === null ? target : `${target} under ${path}`;
  if (to === "closed") return `target ${what} is asked again: ${reason}`;
  return to === "half-open" ? `target ${what} is probed: ${reason}` : `target ${what} is not asked for ${tellDuration(forMs)}: ${reason}`;
}

/** Milliseconds as people say them: `3ms`, `1.2s`, `10s`, `2.5min`, `3h`. */
function tellDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${tenths(ms / 1000)}s`;
  if (ms < 3_600_000) return `${tenths(ms / 60_000)}min`;
  return `${tenths(ms / 3_600_000)}h`;
}

function tellExchange(record: ExchangeRecord): string {
  const parts = [record.outcome, String(record.status ?? "-"), record.method, shorten(record.target)];
  if (record.verdict !== null) parts.push(tellVerdict(record.verdict, record.attempts));
  if (record.attempts.length > 0) parts.push(`(attempts: ${record.attempts.map(tellAttempt).join("; ")})`);
  parts.push(tellDuration(record.ms), "for", tellClient(record.client), record.id);
  return parts.join(" ");
}

/** Fault, culprit and the strongest evidence: `connect.refused exit de-7 "refused after 3 ms"`. */
function tellVerdict(verdict: Verdict, attempts: readonly AttemptRecord[]): string {
  const parts: string[] = [verdict.fault, verdict.culprit];
  const guilty = attempts.findLast((attempt) => attempt.fault === verdict.fault);
  if (guilty !== undefined && verdict.culprit === "exit" && guilty.exit !== null) parts.push(guilty.exit);
  // Only a chain has a hop to tell from the others of the same exit.
  if (guilty !== undefined && verdict.hop > 0 && guilty.route.length > 2) parts.push(`hop ${verdict.hop}`);
  if (verdict.evidence[0] !== undefined) parts.push(`"${shorten(verdict.evidence[0])}"`);
  return parts.join(" ");
}

/** `de-7 connect.refused 3ms`; the one that answered shows its status. */
function tellAttempt(attempt: AttemptRecord): string {
  const what = attempt.cancelled ? "cancelled" : (attempt.fault ?? (attempt.status === null ? "answered" : String(attempt.status)));
  const ms = Object.values(attempt.ms).reduce((sum, stage) => sum + stage, 0);
  return `${attempt.exit ?? "direct"} ${what} ${tellDuration(ms)}`;
}

/** One that was gone before it was accepted has no address. */
function tellClient({ address, user }: ExchangeRecord["client"]): string {
  const where = address === "" ? "?" : address;
  return user === null ? where : `${user}@${where}`;
}

/** Characters of a target or of evidence that the text form shows; the JSON form and the admin API have them whole. */
const SHOWN_CHARS_MAX = 200;

function shorten(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}...`;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
