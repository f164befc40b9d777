import { lookup } from "node:dns/promises";
import { performance } from "node:perf_hooks";
import { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import { NO_PARAMS } from "../core/params.ts";
import type { Exit } from "../core/route.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import { fillExit } from "../exchange/fill-exit.ts";
import { connectTcp } from "../net/connect-tcp.ts";
import { DnsQueries } from "../net/dns-query.ts";
import { systemResolver } from "../net/resolve.ts";
import { type ExitLineError, parseExitLine } from "../wire/exit-line.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import { lookAtMachine } from "./machine/machine-facts.ts";

const GRACE_MS = 600;
/** From the start of the command to its end, 0.5 s are left for what is told and for the end of the process. */
const WHOLE_MS = 4_500;
/** A second look at what has failed by silence. */
const SECOND_LOOK_MS = 200;
/** Whoever has not answered by then is silent, however slow this machine itself was to start. */
const TIMEOUT_MS_MIN = 3_000;

/**
 * What tests are run with on this machine.
 *
 * @param timeoutMs for one test; null: so long that silence is told of within 5 s
 * @param spentMs since the command was started
 */
export function openDiagnosis({ limits, tolerances, rules }: ExchangeSettings, timeoutMs: number | null, spentMs = 0): DiagnoseContext {
  const totalMs = Math.max(TIMEOUT_MS_MIN + SECOND_LOOK_MS, Math.floor(WHOLE_MS - spentMs));
  const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
  const getaddrinfo = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address);
  return {
    ...{ resolver: systemResolver(), names: new DnsQueries({ clock, servers: null, getaddrinfo }), connectTcp, clock, ca: null },
    ...{ limits: limits.message, tolerances, rules: new Rules(rules), connectMs: null, graceMs: GRACE_MS },
    ...{ totalMs, timeoutMs: timeoutMs ?? totalMs - SECOND_LOOK_MS },
    machine: lookAtMachine,
  };
}

/** Exits of lines, as in an exit list, and as a request goes over them that asks for nothing; what is wrong with the first bad one. */
export function readRoutes(text: string, file: string): readonly Exit[] | { readonly error: ExitLineError } {
  const exits: Exit[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const read = parseExitLine(line, { scheme: "http", tags: {}, where: { file, line: index + 1 } });
    if ("error" in read) return { error: read.error };
    if ("exit" in read) exits.push(fillExit(read.exit, NO_PARAMS, null));
  }
  return exits;
}
