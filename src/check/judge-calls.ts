import { attributeRefusedConnect } from "../blame/attribute.ts";
import type { AttributedFault } from "../core/ledger.ts";
import type { RawFields } from "../core/message.ts";
import type { Exit, ExitHop, Target } from "../core/route.ts";
import type { Calls, Failed, Replied, Seen, Turn } from "./calls.ts";
import type { JudgeAddress, Judged, JudgeRequest } from "./judge/judged.ts";
import type { JudgeKind } from "./judge/payload.ts";
import { readJudgeAnswer } from "./judge/read-answer.ts";
import { composeJudgeRequest, createNonce } from "./judge/request.ts";
import type { Lie } from "./lie.ts";
import { protocolOf } from "./spoken.ts";
import type { Way } from "./way.ts";

/** What is asked of a judge, and how. */
export interface JudgeQuery {
  readonly kind: JudgeKind;
  readonly method: "GET" | "POST";
  readonly scheme: "http" | "https";
  /** Through CONNECT or SOCKS. */
  readonly tunnel: boolean;
  /** Instead of the name in the judge's URL; null: that one. */
  readonly host: string | null;
  /** Ask for the URL of an earlier request, whose answer no cache may keep; null: one of its own. */
  readonly like: JudgeRequest | null;
  /** With fields so long that the page gets long. */
  readonly isLong: boolean;
  /** As somebody who has a login and a cookie, whatever is asked for. */
  readonly isLoggedIn?: boolean;
}

/** An answer, and what it proves. */
export interface JudgeReply {
  readonly kind: "judged";
  readonly sent: JudgeRequest;
  readonly judged: Judged;
  readonly replied: Replied;
  /** All of them: of the answer, of the request, and of the certificate. */
  readonly lies: readonly Lie[];
}

/** Asks a judge through a proxy. An error that the judge did not make is a failure: whoever made it had to pass the request on. */
export function askJudge(calls: Calls, exit: Exit, judge: JudgeAddress, query: JudgeQuery, turn: Turn): Promise<JudgeReply | Failed> {
  const { scheme, tunnel, host } = query;
  const target: Target = { scheme, host: host ?? hostOf(judge.url), port: portOf(judge.url) };
  // A judge vouches for its certificate by its key; one that does not sign has nothing but its authority.
  const way: Way = { exit, target, tunnel, verify: !judge.isSigned };
  let sent: JudgeRequest | null = null;
  const compose = (): JudgeRequest => {
    sent = composeFor(judge, query);
    return sent;
  };
  return calls.call(way, compose, turn).then((replied) => {
    if (sent === null || replied.kind === "failed") return replied as Failed;
    const reply = judgeReply(replied, sent, judge);
    if (reply.kind === "failed") replied.answered.connection?.destroy();
    return reply;
  });
}

/** The same on the connection of an earlier answer; null: it cannot carry another request. An error leaves it open for the next. */
export async function askJudgeAgain(
  calls: Calls,
  replied: Replied,
  judge: JudgeAddress,
  query: JudgeQuery,
  turn: Turn,
): Promise<JudgeReply | Failed | null> {
  const sent = composeFor(judge, query);
  const next = await calls.again(replied, sent, turn);
  return next === null || next.kind === "failed" ? next : judgeReply(next, sent, judge);
}

/**
 * Which certificate of a judge comes through a proxy: where it is another than its own, somebody opens what is encrypted, and nothing more has to be
 * known. Our own judge on loopback shows it to whoever looks, which costs a quarter of a handshake and proves no less: with a certificate whose key
 * it does not have, nobody can open anything. Of other judges that is not known, and of what shows none: both are asked for a whole handshake.
 */
export async function seeCertificate(calls: Calls, exit: Exit, judge: JudgeAddress, host: string, turn: Turn): Promise<Seen | Failed> {
  const target: Target = { scheme: "https", host, port: portOf(judge.url) };
  const way: Way = { exit, target, tunnel: true, verify: !judge.isSigned };
  if (!judge.isLoopback) return await shakeHands(calls, way, turn);
  const looked = await calls.look(way, turn);
  if (looked.kind === "failed" || looked.certificate !== null) return looked;
  const shown = await shakeHands(calls, way, turn);
  // Somebody else may have answered the look, who opens only some of what he could.
  return shown.kind === "seen" && shown.certificate === judge.certificate ? await shakeHands(calls, way, turn) : shown;
}

async function shakeHands(calls: Calls, way: Way, turn: Turn): Promise<Seen | Failed> {
  const opened = await calls.open(way, turn);
  if (opened.kind === "failed") return opened;
  opened.connection.destroy();
  return { kind: "seen", certificate: opened.certificate };
}

/** Where a judge is asked, without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** HTTP and HTTPS come in at the same port. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? HTTPS_PORT : HTTP_PORT) : Number(port);
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

function composeFor(judge: JudgeAddress, { scheme, kind, method, host, like, isLong, isLoggedIn = false }: JudgeQuery): JudgeRequest {
  const question = { scheme, nonce: createNonce(), kind, method, isLoggedIn };
  const sent = composeJudgeRequest(judge, { ...question, ...(host === null ? {} : { host }), ...(like === null ? {} : { again: like }) });
  const port = String(portOf(judge.url));
  if (sent.url.port !== port) sent.url.port = port;
  return isLong ? { ...sent, fields: lengthened(sent) } : sent;
}

/** A cookie such as sites have that keep much in it: the judge's page repeats it twice. */
function lengthened({ fields, nonce }: JudgeRequest): RawFields {
  const filler = nonce.repeat(LONG_COOKIE_BYTES / nonce.length);
  return fields.map((value, i) => (i % 2 === 1 && fields[i - 1] === "Cookie" ? `${value}; state=${filler}` : value));
}

/** Common limits are 8 KiB for a field, and 16 KiB for a head. */
const LONG_COOKIE_BYTES = 7 * 1024;

function judgeReply(replied: Replied, sent: JudgeRequest, judge: JudgeAddress): JudgeReply | Failed {
  const { answered, way, certificate, ms } = replied;
  const judged = readJudgeAnswer(sent, answered.response, judge);
  if (judged.kind !== "refused") {
    const lies = [...judged.lies, ...certificateLies(certificate, judge)];
    return { kind: "judged", sent, judged, replied: withoutBody(replied), lies };
  }
  return { kind: "failed", attributed: refused(replied), spoken: protocolOf(way.exit), replied, certificate, ms, wasHurried: false };
}

/** What it says has been read, and thousands of proxies that wait would keep it. */
function withoutBody(replied: Replied): Replied {
  const { answered } = replied;
  return { ...replied, answered: { ...answered, response: { ...answered.response, body: NOTHING } } };
}

const NOTHING = Buffer.alloc(0);

export function certificateLies(seen: string | null, judge: JudgeAddress): Lie[] {
  if (seen === null || judge.certificate === null || seen === judge.certificate) return [];
  const details = `the certificate that came through has the SHA-256 ${seen.slice(0, SHOWN_DIGITS)}..., the judge's ${judge.certificate.slice(0, SHOWN_DIGITS)}...`;
  return [{ fault: "honesty.tls_intercepted", details }];
}

const SHOWN_DIGITS = 16;

/** The judge is up and did not make this answer: it is the proxy's word. */
function refused({ answered, way }: Replied): AttributedFault {
  const { exit, target } = way;
  const { status, reason, fields } = answered.head;
  const reply = { status, reason, fields, body: answered.response.body.subarray(0, EVIDENCE_BYTES_MAX) };
  const last = exit.hops.at(-1) as ExitHop;
  return { fault: attributeRefusedConnect(reply, target, last.username !== null), role: "exit", hop: exit.hops.length };
}

const EVIDENCE_BYTES_MAX = 16 * 1024;
