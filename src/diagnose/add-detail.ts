import { matchTimer } from "../blame/known-timers.ts";
import { fieldValue } from "../core/message.ts";
import { tellOwner } from "./ask-the-maker.ts";
import type { Verdict } from "./diagnosis.ts";
import { tellRequestSize, tellResponseSize } from "./known-sizes.ts";
import { isWhole, type TestPart, type TestResult } from "./question.ts";
import { tell } from "./tell-verdict.ts";

/** What the tests know beyond whose fault it is: put before what is to be done. */
interface Detail {
  readonly client: string;
  readonly operator: string;
  readonly evidence: string;
}

/** The verdict with figures in it: sizes, times that match known limits, and the way that does work. */
export function addDetail(verdict: Verdict, broken: TestResult, tests: readonly TestResult[]): Verdict {
  const found = [
    otherScheme,
    otherMethod,
    certificate,
    ...(verdict.culprit === "exit" ? [] : [retryAfter]),
    tooLargeHead,
    knownTimer,
  ].flatMap((rule) => rule(broken, tests) ?? []);
  const join = (key: keyof Detail, text: string) => [...found.map((detail) => detail[key]), text].filter((words) => words !== "");
  const owners = (verdict.culprit === "edge" ? tellOwner(broken) : null) ?? verdict.fix.operator;
  return {
    ...verdict,
    evidence: [...verdict.evidence, ...join("evidence", "")],
    fix: { client: join("client", verdict.fix.client).join(" "), operator: join("operator", owners).join(" ") },
  };
}

/** The same where nothing broke, but the site refuses the request itself. */
export function addDetailOfAnswer(verdict: Verdict, whole: readonly TestResult[]): Verdict {
  const refused = whole.find(({ status }) => status !== null && status >= 400 && status < 500);
  if (refused === undefined) return verdict;
  const client = ofTlsPort(refused) ?? ofClientCertificate(refused) ?? tellRequestSize(refused);
  return client === null ? verdict : { ...verdict, fix: { ...verdict.fix, client } };
}

const NOTHING: Detail = { client: "", operator: "", evidence: "" };

function partOf(broken: TestResult, tests: readonly TestResult[], part: TestPart): TestResult | null {
  return tests.find(({ spec, outcome }) => spec.part === part && spec.of === broken.spec.id && outcome === "ok") ?? null;
}

function otherScheme(broken: TestResult, tests: readonly TestResult[]): Detail | null {
  const own = partOf(broken, tests, "scheme");
  const found = own ?? tests.find(({ spec, outcome }) => spec.part === "scheme" && outcome === "ok") ?? null;
  const isSentBack = found?.answer?.location?.startsWith(`${broken.spec.url.protocol}//${broken.spec.url.hostname}`) === true;
  const isTunnel = broken.attributed?.fault.id.startsWith("handshake.") === true;
  const isServedElsewhere = tests.some((test) => isWhole(test) && test.outcome === "ok" && test.spec.url.href === broken.spec.url.href);
  if (found === null || isSentBack || (isServedElsewhere && !isTunnel)) return null;
  const evidence = own === null ? tell(found) : "";
  const { protocol, port, host, pathname } = found.spec.url;
  const isClear = protocol === "http:";
  if (found.spec.exit !== null && isTunnel)
    return { ...NOTHING, client: "This exit passes http:// on and opens no tunnel, which https:// needs: use another exit for https://." };
  const place = port === "" ? "the usual port" : `port ${port}`;
  return { ...NOTHING, evidence, client: `Use ${protocol}//${host}${pathname}: ${place} speaks ${isClear ? "HTTP without TLS" : "TLS"}.` };
}

function otherMethod(broken: TestResult, tests: readonly TestResult[]): Detail | null {
  const found = partOf(broken, tests, "method");
  if (found === null) return null;
  if (found.spec.method === "GET") return { ...NOTHING, client: "Ask with GET: HEAD is not served as GET is." };
  return { ...NOTHING, evidence: "HEAD is answered: the head is well, and what breaks is the body" };
}

/** Dates and names of what is to be renewed or corrected. */
function certificate(broken: TestResult, tests: readonly TestResult[]): Detail | null {
  const shown = broken.attributed?.fault.id.startsWith("tls.cert") ? partOf(broken, tests, "certificate") : null;
  return shown === null ? null : { ...NOTHING, operator: `The certificate is ${shown.words}.` };
}

/** Whoever is to be waited for says for how long; an exit is done without instead. */
function retryAfter({ attributed }: TestResult): Detail | null {
  const ms = attributed?.fault.retryAfterMs ?? null;
  return ms === null ? null : { ...NOTHING, client: `Wait ${Math.ceil(ms / 1000)} s, as the answer says (Retry-After).` };
}

/** A gateway on the way made an error of an answer that others are given whole. */
function tooLargeHead(broken: TestResult, tests: readonly TestResult[]): Detail | null {
  if (broken.status !== 502) return null;
  const heads = tests.flatMap(({ outcome, answer }) => (outcome === "ok" && answer !== null ? [answer] : []));
  const largest = heads.sort((one, other) => other.headBytes - one.headBytes)[0];
  const operator = largest === undefined ? null : tellResponseSize(largest, broken.answer);
  return operator === null ? null : { ...NOTHING, operator };
}

/** Only of what a peer ended itself: our own limits say nothing. */
function knownTimer(broken: TestResult): Detail | null {
  const { attributed, status, ms, answer, spec } = broken;
  const isPeers = status === null ? /(?:closed|reset|truncated)/.test(attributed?.fault.id ?? "") : status >= 500;
  const opening = (ms.dns ?? 0) + (ms.connect ?? 0) + (ms.handshake ?? 0) + (ms.tls ?? 0);
  const waited = ms.firstByte ?? Math.max(0, (ms.total ?? 0) - opening);
  const timer = isPeers ? (timerOf(waited, answer) ?? timerOf(ms.handshake ?? 0, answer)) : null;
  return timer === null ? null : { ...NOTHING, evidence: `${spec.route}: ${timer}` };
}

function timerOf(ms: number, answer: TestResult["answer"]): string | null {
  const server = answer === null ? null : fieldValue(answer.fields, "server");
  return matchTimer(ms, server?.toLowerCase().split("/")[0] ?? null);
}

/** As nginx, Apache and Go answer. */
function ofTlsPort({ spec: { url }, excerpt }: TestResult): string | null {
  const isTls = /plain HTTP request was sent to|speaking plain HTTP to an SSL|Client sent an HTTP request to an HTTPS server/i.test(
    excerpt ?? "",
  );
  return isTls && url.protocol === "http:" ? `Use https://${url.host}${url.pathname}: port ${url.port || "80"} speaks TLS.` : null;
}

/** As nginx answers in HTTP what others refuse in TLS. */
function ofClientCertificate({ excerpt }: TestResult): string | null {
  const isWanted = /No required SSL certificate was sent|The SSL certificate error/i.test(excerpt ?? "");
  return isWanted ? "Show a client certificate that the site accepts (curl --cert FILE --key FILE): it serves nobody without one." : null;
}
