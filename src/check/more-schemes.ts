import type { Exit, ExitScheme } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import { askByName } from "./by-name.ts";
import type { Calls, Turn } from "./calls.ts";
import { type Goal, isOfGoal, type Met, meet, resolvingThere, schemeOf, withScheme } from "./contact.ts";
import type { Tried } from "./detect.ts";
import { likeFirst } from "./measuring.ts";

interface MoreOptions {
  /** That nothing speaks against. */
  readonly open: readonly ExitScheme[];
  readonly goals: readonly Goal[];
  readonly signal: CancelSignal;
  /** On the clock. */
  readonly deadline: number;
}

/** What else a proxy speaks on the port where it has been met: whoever is silent in another protocol for some times as long does not know it. */
export async function findMore(calls: Calls, { exit, ms, judged, scheme: known }: Met, options: MoreOptions): Promise<readonly Tried[]> {
  const { open, signal } = options;
  const goals: readonly Goal[] = judged === null ? options.goals : [{ kind: "judge", judge: judged.judge }];
  const { clock } = calls.context;
  const patienceMs = Math.max(PATIENCE_MS, PATIENCE_TIMES_MAX * (ms.total ?? ms.handshake ?? 0));
  const deadline = Math.min(options.deadline, clock.now() + patienceMs);
  const turn = { signal, deadline, onConnected: null };
  const tryScheme = async (scheme: ExitScheme): Promise<readonly Tried[]> => {
    const tried = scheme === "socks4" && judged !== null ? await tryBothSocks4(calls, withScheme(exit, scheme), judged, turn) : null;
    if (tried !== null) return tried;
    const met = await meet(calls, withScheme(exit, scheme), goals, turn, false);
    if (met.kind === "failed") return [{ scheme, failed: met }];
    return [{ scheme, failed: null }, ...(await tryByName(calls, met, turn))];
  };
  if (known !== "http" || !open.includes("socks5")) return (await Promise.all(open.map(tryScheme))).flat();
  // Who listens for HTTP and SOCKS on one port knows SOCKS5, if any.
  const newer = await tryScheme("socks5");
  if (newer[0]?.failed !== null) return newer;
  return [...newer, ...(await Promise.all(open.filter((scheme) => scheme !== "socks5").map(tryScheme))).flat()];
}

/** One request by SOCKS4a shows both of them. Null: it took the protocol, but not the name. */
async function tryBothSocks4(
  calls: Calls,
  exit: Exit,
  { judge, reply }: NonNullable<Met["judged"]>,
  turn: Turn,
): Promise<readonly Tried[] | null> {
  const asked = await askByName(calls, exit, judge, { query: { ...likeFirst(reply), tunnel: true }, turn });
  if (asked === null || (asked.kind === "failed" && isOfGoal(asked))) return null;
  const failed = asked.kind === "failed" ? asked : null;
  return failed === null
    ? [
        { scheme: "socks4", failed },
        { scheme: "socks4a", failed },
      ]
    : [{ scheme: "socks4", failed }];
}

/** The same protocol, with names for the proxy to resolve. */
async function tryByName(calls: Calls, { exit, judged, scheme: known }: Met, turn: Turn): Promise<readonly Tried[]> {
  const scheme = schemeOf(resolvingThere(exit));
  if (judged === null || scheme === known) return [];
  const reply = await askByName(calls, exit, judged.judge, { query: likeFirst(judged.reply), turn });
  return reply === null ? [] : [{ scheme, failed: reply.kind === "failed" ? reply : null }];
}

const PATIENCE_MS = 1000;
const PATIENCE_TIMES_MAX = 4;
