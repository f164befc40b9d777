import { lookup } from "node:dns/promises";
import { performance } from "node:perf_hooks";
import { Rules } from "../blame/rules.ts";
import type { Clock } from "../core/clock.ts";
import type { Exit } from "../core/route.ts";
import type { ExchangeSettings } from "../core/settings.ts";
import { connectTcp } from "../net/connect-tcp.ts";
import { DnsQueries } from "../net/dns-query.ts";
import { systemResolver } from "../net/resolve.ts";
import { type ExitLineError, parseExitLine } from "../wire/exit-line.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import { lookAtMachine } from "./machine/machine-facts.ts";

const GRACE_MS = 600;

/** What tests are run with on this machine. @param timeoutMs for one test */
export function openDiagnosis({ limits, tolerances, rules }: ExchangeSettings, timeoutMs: number): DiagnoseContext {
  const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
  const getaddrinfo = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address);
  return {
    ...{ resolver: systemResolver(), names: new DnsQueries({ clock, servers: null, getaddrinfo }), connectTcp, clock, ca: null },
    ...{ limits: limits.message, tolerances, rules: new Rules(rules), timeoutMs, connectMs: null, graceMs: GRACE_MS },
    machine: lookAtMachine,
  };
}

/** Exits of lines, as in an exit list; what is wrong with the first bad one. */
export function readRoutes(text: string, file: string): readonly Exit[] | { readonly error: ExitLineError } {
  const exits: Exit[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const read = parseExitLine(line, { scheme: "http", tags: {}, where: { file, line: index + 1 } });
    if ("error" in read) return { error: read.error };
    if ("exit" in read) exits.push(read.exit);
  }
  return exits;
}
