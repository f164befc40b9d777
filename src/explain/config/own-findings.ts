import { formatHostPort } from "../../core/address.ts";
import type { Exit } from "../../core/route.ts";
import type { Config } from "../../core/settings.ts";
import { isLoopback } from "../../wire/loopback.ts";
import type { ConfigReading, Finding, Where } from "./setting.ts";

/** Chains that are longer break too often. */
const HOPS_MAX = 2;

/** What in a gateway's own config leads to 502s, and how long it waits. */
export function readOwn(file: string, text: string, { exchange, sources }: Config): ConfigReading {
  const at = (key: string): Where => ({ file, line: lineOf(text, key) });
  const { timeouts, attempts, circuit } = exchange;
  const findings: Finding[] = sources.flatMap((source) =>
    source.kind === "inline" ? source.exits.flatMap((exit) => exitFindings(exit, at("exits"))) : [],
  );
  if (timeouts.head >= timeouts.total) {
    const why = "One exit that never answers uses up all the time: no other is tried.";
    findings.push({
      where: at("timeouts"),
      weight: "likely",
      what: "timeouts.head is not shorter than timeouts.total.",
      why,
      write: `timeouts: { head: ${Math.ceil(timeouts.total / 2000)}s }`,
    });
  }
  if (attempts.max === 1) {
    const why = "What another exit would have served is told as a failure.";
    findings.push({ where: at("attempts"), weight: "likely", what: "attempts.max is 1.", why, write: "attempts: { max: 4 }" });
  }
  if (circuit.failures === 0) {
    const why = "A site that is down is asked through exit after exit, for every request.";
    findings.push({
      where: at("circuit"),
      weight: "risk",
      what: "circuit.failures is 0: no target ever counts as down.",
      why,
      write: "circuit: { failures: 4 }",
    });
  }
  return { findings, wait: { where: at("timeouts"), name: "goodgateway timeouts.total", ms: timeouts.total } };
}

function exitFindings({ id, hops }: Exit, where: Where): Finding[] {
  const findings: Finding[] = [];
  if (hops.length > HOPS_MAX) {
    const why = "A chain fails as often as all its hops together, and only the hop in front of the broken one knows which it was.";
    findings.push({
      where,
      weight: "risk",
      what: `The exit ${id} is a chain of ${hops.length} hops.`,
      why,
      write: "- one or two hops, nearest to us first",
    });
  }
  const bare = hops.find(({ scheme, password, host }) => password !== null && scheme !== "https" && !isLoopback(host));
  if (bare !== undefined) {
    const why = "User and password go there in clear text; whoever sees them uses up the plan, and its answers become 407 and 402.";
    findings.push({
      where,
      weight: "risk",
      what: `The exit ${id} gets its password without TLS (${bare.scheme}://${formatHostPort(bare)}).`,
      why,
      write: `- https://user:\${EXIT_PASSWORD}@${formatHostPort(bare)}   # where the vendor offers TLS`,
    });
  }
  return findings;
}

/** The line of a top-level key, from 1; 1 where it is not there. */
function lineOf(text: string, key: string): number {
  const at = text.split("\n").findIndex((line) => line.startsWith(`${key}:`));
  return Math.max(0, at) + 1;
}
