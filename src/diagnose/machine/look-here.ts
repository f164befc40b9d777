import { isIP } from "node:net";
import type { DiagnoseContext } from "../diagnose-context.ts";
import type { Conclusion, Diagnosis } from "../diagnosis.ts";
import { isUnresolved } from "../fault-kinds.ts";
import { isWhole, type Question, type TestResult } from "../question.ts";
import { targetOf } from "../target-of.ts";
import { correct } from "./correction.ts";
import { type Finding, hintsOf } from "./hints.ts";
import { nameHints } from "./name-hints.ts";

/** A name that was found for the test is found again at once. */
const LOOK_UP_MS = 200;

/** With what to look at on this machine, or on the failing hop's, where the verdict is about the hop that was dialled from here. */
export async function lookHere(conclusion: Conclusion, question: Pick<Question, "place">, context: DiagnoseContext): Promise<Diagnosis> {
  const { verdict, tests, broken } = conclusion;
  const findings = await findHere(conclusion, question, context);
  const hints = findings.map(({ words, command, at }) => ({ words, command, at }));
  // What others reach by the same name is not here.
  const isElsewhere = broken?.spec.exit === null && tests.some((test) => isWhole(test) && test.outcome === "ok");
  const proof = findings.find(({ proves }) => proves !== undefined && (!isElsewhere || proves.culprit === "dns"))?.proves ?? null;
  return { ...conclusion, verdict: broken === null ? verdict : correct(verdict, broken, tests, proof), hints };
}

async function findHere(
  { verdict, tests, broken }: Conclusion,
  { place }: Pick<Question, "place">,
  { machine, resolver, clock }: DiagnoseContext,
): Promise<readonly Finding[]> {
  if (broken === null || broken.attributed === null || verdict.fault === null || machine === null) return [];
  const { hop, fault } = broken.attributed;
  if (hop > 1 || !LOCAL.test(fault.id)) return [];
  const { host, port } = broken.spec.exit?.hops[0] ?? { ...targetOf(broken.spec.url), ...(place === null ? {} : { port: place.port }) };
  const isPlaced = broken.spec.exit === null && place !== null;
  const isFound = !isUnresolved(broken);
  const look = isFound ? resolver.resolve(host, clock.now() + LOOK_UP_MS) : NOT_FOUND;
  const [facts, found] = await Promise.all([machine(), isPlaced ? place : look]);
  const addresses = "addresses" in found ? found.addresses : [];
  const dialled = hintsOf({ fault: fault.id, host, port, addresses }, facts);
  const isTargets = broken.spec.exit === null && !isPlaced && isIP(host) === 0;
  const names = isTargets ? nameHints({ host, port, served: servedOf(tests), isReachedElsewhere: isReached(tests) }, facts) : [];
  return [...names, ...dialled];
}

const NOT_FOUND = { addresses: [] } as const;

/** Whether the hop was reached at all, and whether it says anything. */
const LOCAL = /^(?:connect\.|dns\.|(?:handshake|head)\.timeout$|tls\.(?:handshake_timeout|cert_))/;

function servedOf(tests: readonly TestResult[]): readonly string[] | null {
  const asked = tests.find(({ spec, outcome }) => spec.kind === "name-server" && outcome !== "cut");
  if (asked === undefined) return null;
  if (asked.outcome === "ok") return asked.words.split(", ").filter((word) => isIP(word) !== 0);
  return asked.attributed?.fault.id === "dns.nxdomain" ? [] : null;
}

function isReached(tests: readonly TestResult[]): boolean {
  return tests.some((test) => test.spec.exit !== null && isWhole(test) && test.outcome === "ok");
}
