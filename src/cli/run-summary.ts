import type { GatewayEvent } from "../core/event.ts";
import { isOfTargetSide } from "../core/fault.ts";
import type { ExchangeRecord } from "../core/ledger.ts";

/** Counts exchanges for the line that `run` ends with: `1,204 requests, 87 rescued, 3 failed: site 2, exit de-7 1`. */
export class RunSummary {
  #requests = 0;
  #rescued = 0;
  #failed = 0;
  #aborted = 0;
  readonly #culprits = new Map<string, number>();

  observe(event: GatewayEvent): void {
    if (event.type !== "exchange-ended") return;
    const { outcome } = event.record;
    this.#requests += 1;
    if (outcome === "rescued") this.#rescued += 1;
    if (outcome === "aborted") this.#aborted += 1;
    // A site's own 5xx is a failure to whoever runs a spider, though the gateway did its part.
    if (outcome === "failed" || outcome === "relayed") {
      this.#failed += 1;
      const culprit = tellCulprit(event.record);
      this.#culprits.set(culprit, (this.#culprits.get(culprit) ?? 0) + 1);
    }
  }

  text(): string {
    if (this.#requests === 0) return "0 requests: the command did not use HTTP_PROXY, HTTPS_PROXY or ALL_PROXY";
    const parts = [count(this.#requests, "request"), `${format(this.#rescued)} rescued`, `${format(this.#failed)} failed`];
    const culprits = [...this.#culprits].sort(([, a], [, b]) => b - a).map(([name, times]) => `${name} ${format(times)}`);
    const aborted = this.#aborted === 0 ? "" : `; ${format(this.#aborted)} given up by the command`;
    return `${parts.join(", ")}${culprits.length === 0 ? "" : `: ${culprits.join(", ")}`}${aborted}`;
  }
}

function tellCulprit({ verdict, attempts }: ExchangeRecord): string {
  if (verdict === null) return "unknown";
  if (isOfTargetSide(verdict.culprit)) return "site";
  if (verdict.culprit !== "exit") return verdict.culprit;
  const guilty = attempts.findLast((attempt) => attempt.fault === verdict.fault) ?? attempts.at(-1);
  if (guilty?.exit == null) return "exit";
  return `exit ${guilty.exit}${MADE_ID.test(guilty.exit) ? ` (${guilty.route.slice(0, -1).join(",")})` : ""}`;
}

/** An id that nobody gave says nothing to people: once the command is over there is no API that would tell whose it is. */
const MADE_ID = /^[\da-f]{8}$/;

function count(number: number, noun: string): string {
  return `${format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function format(number: number): string {
  return number.toLocaleString("en-US");
}
