import type { Exit, ExitScheme } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import { askByName, nameOf } from "./by-name.ts";
import type { Calls, Failed, Seen, Turn } from "./calls.ts";
import { type Goal, isOfGoal, leave, type Met, meet, resolvingThere, schemeOf, withScheme } from "./contact.ts";
import type { Tried } from "./detect.ts";
import { type Findings, isOutOfTime } from "./findings.ts";
import { certificateLies, seeCertificate } from "./judge-calls.ts";
import { likeFirst } from "./measuring.ts";
import { proveSecondScheme } from "./second-scheme.ts";

export interface MoreOptions {
  /** That nothing speaks against. */
  readonly open: readonly ExitScheme[];
  readonly goals: readonly Goal[];
  /** Told what comes back by other schemes: some proxies lie in one of them alone. */
  readonly findings: Findings;
  readonly signal: CancelSignal;
  /** On the clock. */
  readonly deadline: number;
}

/** What else a proxy speaks on the port where it has been met: whoever is silent in another protocol for some times as long does not know it. */
export async function findMore(calls: Calls, { exit, ms, judged, scheme: known }: Met, options: MoreOptions): Promise<readonly Tried[]> {
  const { open, signal, findings } = options;
  const goals: readonly Goal[] = judged === null ? options.goals : [{ kind: "judge", judge: judged.judge }];
  const { clock, timeoutMs } = calls.context;
  const patienceMs = Math.max(timeoutMs / PATIENCE_SHARE, PATIENCE_TIMES_MAX * (ms.total ?? ms.handshake ?? 0));
  const tryScheme = async (scheme: ExitScheme): Promise<readonly Tried[]> => {
    const turn = { signal, deadline: Math.min(options.deadline, clock.now() + patienceMs), onConnected: null };
    const tried =
      scheme === "socks4" && judged !== null
        ? await tryBothSocks4(calls, withScheme(exit, scheme), { ...judged, findings, inTls: known === "http" }, turn)
        : null;
    if (tried !== null) return tried;
    const met = await meet(calls, withScheme(exit, scheme), goals, turn, false);
    if (met.kind === "failed") return isOutOfTime(met) ? [] : [{ scheme, failed: met }];
    if (met.judged !== null) await prove(calls, met, met.judged, options);
    leave(met);
    if (scheme === "socks4" && judged !== null) return [{ scheme, failed: null }];
    return [{ scheme, failed: null }, ...(await tryByName(calls, met, findings, { ...turn, deadline: options.deadline }))];
  };
  if (known !== "http" || !open.includes("socks5")) return (await Promise.all(open.map(tryScheme))).flat();
  // Who listens for HTTP and SOCKS on one port knows SOCKS5, if any, or answers it as SOCKS4.
  const newer = await tryScheme("socks5");
  if (newer[0]?.failed !== null && newer[0]?.failed.spoken !== "socks4") return newer;
  return [...newer, ...(await Promise.all(open.filter((scheme) => scheme !== "socks5").map(tryScheme))).flat()];
}

/** SOCKS4 and SOCKS5 are mostly one program, HTTP may be another. */
async function prove(
  calls: Calls,
  { exit, scheme }: Met,
  { judge, reply }: NonNullable<Met["judged"]>,
  options: MoreOptions,
): Promise<void> {
  const { findings, signal, deadline } = options;
  findings.addProof(reply);
  if (scheme === "socks4" || !judge.isSigned || reply.judged.kind === "fake") return;
  await proveSecondScheme({
    calls,
    exit,
    judge,
    judges: [judge],
    first: reply,
    isLeft: false,
    refusedPlain: null,
    findings,
    signal,
    deadline,
  });
}

/**
 * One request by SOCKS4a shows both of them. Null: it took the protocol, but not the name.
 *
 * @param inTls look at what is encrypted too, which costs more than all else of this: SOCKS4 and SOCKS5 alone are mostly one program.
 */
async function tryBothSocks4(
  calls: Calls,
  exit: Exit,
  { judge, reply, findings, inTls }: Proving & { readonly inTls: boolean },
  turn: Turn,
): Promise<readonly Tried[] | null> {
  const asked = await askByName(calls, exit, judge, { query: { ...likeFirst(reply), tunnel: true }, turn });
  if (asked === null || (asked.kind === "failed" && isOfGoal(asked))) return null;
  if (asked.kind === "judged") {
    findings.addProof(asked);
    if (inTls) await lookByName(calls, exit, { judge, reply, findings }, turn);
  }
  const failed = asked.kind === "failed" ? asked : null;
  if (failed !== null && isOutOfTime(failed)) return [];
  return failed === null
    ? [
        { scheme: "socks4", failed },
        { scheme: "socks4a", failed },
      ]
    : [{ scheme: "socks4", failed }];
}

/** The same protocol, with names for the proxy to resolve. */
async function tryByName(calls: Calls, { exit, judged, scheme: known }: Met, findings: Findings, turn: Turn): Promise<readonly Tried[]> {
  const scheme = schemeOf(resolvingThere(exit));
  if (judged === null || scheme === known) return [];
  const seen = await lookByName(calls, exit, { ...judged, findings }, turn);
  if (seen?.kind === "seen") return [{ scheme, failed: null }];
  // What the proxy says of the name holds for both; where it came through, only the same without TLS shows whether that led to the judge.
  const isTold = seen?.attributed.role === "exit";
  const reply = isTold ? seen : await askByName(calls, exit, judged.judge, { query: likeFirst(judged.reply), turn });
  if (reply?.kind === "judged") findings.addProof(reply);
  return reply === null ? [] : [{ scheme, failed: reply.kind === "failed" ? reply : null }];
}

/** TLS by the judge's name: some open what is encrypted in one protocol alone. Null: the judge has no name, or takes no TLS. */
async function lookByName(calls: Calls, exit: Exit, { judge, findings }: Proving, turn: Turn): Promise<Seen | Failed | null> {
  const name = nameOf(judge);
  if (judge.certificate === null || name === null) return null;
  const seen = await seeCertificate(calls, resolvingThere(exit), judge, name, turn);
  for (const lie of certificateLies(seen.certificate, judge)) findings.addLie(lie);
  return seen;
}

/** What a judge answered first, and who is told of what else shows what the proxy does. */
type Proving = NonNullable<Met["judged"]> & Pick<MoreOptions, "findings">;

/** Of the time for finding out whether it is alive. */
const PATIENCE_SHARE = 3;
const PATIENCE_TIMES_MAX = 8;
