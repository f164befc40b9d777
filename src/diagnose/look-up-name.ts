import { attributeUnresolved } from "../blame/attribute.ts";
import { roundMs } from "../core/clock.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { targetOf } from "./target-of.ts";
import { cutTest, faulty, passed } from "./test-result.ts";

const ADDRESSES_SHOWN_MAX = 4;

/** As programs on this machine do it. */
export async function resolveName(spec: TestSpec, { url }: Question, { resolver, clock, timeoutMs }: DiagnoseContext): Promise<TestResult> {
  const startedAt = clock.now();
  const target = targetOf(url);
  const found = await resolver.resolve(target.host, startedAt + timeoutMs);
  const elapsedMs = clock.now() - startedAt;
  const ms = { dns: roundMs(elapsedMs) };
  if ("addresses" in found) return { ...passed(spec), ms, words: found.addresses.slice(0, ADDRESSES_SHOWN_MAX).join(", ") };
  return faulty(spec, attributeUnresolved(found.interruption, elapsedMs, target), ms);
}

/** Past whatever this machine keeps or is told. */
export async function askServers(spec: TestSpec, { url }: Question, { names, clock }: DiagnoseContext): Promise<TestResult> {
  if (names === null) return cutTest(spec);
  const startedAt = clock.now();
  const { addresses, code } = await names.ask(targetOf(url).host, 4);
  const elapsedMs = clock.now() - startedAt;
  const words = code === null ? addresses.slice(0, ADDRESSES_SHOWN_MAX).join(", ") : `${CODES[code] ?? "no answer"} (${code})`;
  const ms = { dns: roundMs(elapsedMs) };
  // A name may well have IPv6 addresses alone.
  if (code === null || code === "ENODATA") return { ...passed(spec), ms, words };
  return { ...faulty(spec, attributeUnresolved({ how: "errno", code }, elapsedMs, targetOf(url)), ms), words };
}

const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: "NXDOMAIN: there is no such name",
  ENODATA: "the name has no IPv4 address",
  ESERVFAIL: "SERVFAIL: the servers fail on this name",
  EREFUSED: "REFUSED: the servers do not answer this machine",
  ETIMEOUT: "no name server answered",
  ECONNREFUSED: "no name server is reachable",
};
