import type { ExitScheme } from "../core/route.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { Calls } from "./calls.ts";
import { type Goal, type Met, meet, withScheme } from "./contact.ts";
import type { Tried } from "./detect.ts";

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
  const tryScheme = async (scheme: ExitScheme): Promise<Tried> => ({
    scheme,
    outcome: await meet(calls, withScheme(exit, scheme), goals, turn, false),
  });
  if (known !== "http" || !open.includes("socks5")) return await Promise.all(open.map(tryScheme));
  // Who listens for HTTP and SOCKS on one port knows SOCKS5, if any.
  const newer = await tryScheme("socks5");
  if (newer.outcome.kind === "failed") return [newer];
  return [newer, ...(await Promise.all(open.filter((scheme) => scheme !== "socks5").map(tryScheme)))];
}

const PATIENCE_MS = 1000;
const PATIENCE_TIMES_MAX = 4;
