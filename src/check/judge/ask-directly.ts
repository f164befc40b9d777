import { randomBytes } from "node:crypto";
import { attribute } from "../../blame/attribute.ts";
import { formatHostPort } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import type { HopFailure } from "../../core/ledger.ts";
import type { MessageLimits, ResponseTolerances, Timeouts } from "../../core/settings.ts";
import { ask } from "../../net/ask.ts";
import type { CancelSignal } from "../../net/cancellation.ts";
import type { connectTcp } from "../../net/connect-tcp.ts";
import { dial } from "../../net/dial.ts";
import { plainAddress } from "../../net/own-listener.ts";
import type { Resolver } from "../../net/resolve.ts";
import { type OutboundRequest, writeRequestHead } from "../../wire/http1/request-writer.ts";
import { isLoopback } from "../../wire/loopback.ts";
import { KEY_PATH } from "./judge-requests.ts";
import { ANSWER_BYTES_MAX, type JudgeAddress, type JudgeRequest, type JudgeResponse } from "./judged.ts";
import { readJudgeKeyAnswer } from "./key-answer.ts";
import { machineAddresses } from "./machine-addresses.ts";
import { learnHabits } from "./public-echo.ts";
import { readJudgeAnswer } from "./read-answer.ts";
import { composeJudgeRequest, createNonce } from "./request.ts";
import { parseJudgeKey } from "./signature.ts";

export interface DirectContext {
  readonly resolver: Resolver;
  readonly connectTcp: typeof connectTcp;
  readonly clock: Clock;
  readonly timeouts: Pick<Timeouts, "connect" | "handshake" | "tls" | "head">;
  readonly limits: MessageLimits;
  readonly tolerances: ResponseTolerances;
  readonly signal: CancelSignal | null;
}

/** Why a judge cannot be used: a sentence that names it. */
export interface JudgeProblem {
  readonly problem: string;
}

/** What is wrong with the URL of a judge, before anybody is asked: a sentence; null: nothing. */
export function judgeUrlProblem(url: URL): string | null {
  if (url.protocol !== "http:" && url.protocol !== "https:") return `${url.protocol} begins no http or https URL of a judge`;
  if (url.username !== "" || url.password !== "") return `the URL of the judge ${url.host} takes no user and password`;
  if (url.hash === "" || parseJudgeKey(url.hash.slice(1)) !== null) return null;
  return `the key of ${nameOf(url)} is not one: it has the form #ed25519=...`;
}

/**
 * Asks a judge without any proxy: whether it is up, signs rightly and changes nothing, and which address it sees us with. What does not answer
 * as a judge is taken for an echo service that does not sign, unless its URL says with which key it has to.
 */
export async function askDirectly(url: URL, context: DirectContext): Promise<JudgeAddress | JudgeProblem> {
  const misnamed = judgeUrlProblem(url);
  if (misnamed !== null) return { problem: misnamed };
  const base = new URL(url);
  base.hash = "";
  const pinned = url.hash === "" ? null : parseJudgeKey(url.hash.slice(1));
  const keyUrl = new URL(base);
  keyUrl.pathname = folderOf(base) + KEY_PATH;
  const told = await get(plainRequest(keyUrl), context);
  if ("problem" in told) return told;
  const introduced = readJudgeKeyAnswer(told, Number(base.port || (base.protocol === "https:" ? HTTPS_PORT : HTTP_PORT)));
  const key = pinned ?? introduced?.key ?? null;
  if (key !== null) base.pathname = folderOf(base);
  const unknown: JudgeAddress = {
    url: base,
    key,
    certificate: introduced?.certificate ?? null,
    isSigned: key !== null,
    ownAddresses: machineAddresses(),
    isLoopback: isLoopback(hostOf(base)),
    ipv6: introduced?.ipv6 ?? null,
    echo: null,
  };
  return key === null ? await meetEcho(unknown, context) : await meetJudge(unknown, context);
}

/** For messages: some services take a key in the query. */
function nameOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function folderOf({ pathname }: URL): string {
  return pathname.endsWith("/") ? pathname : `${pathname}/`;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

async function meetJudge(judge: JudgeAddress, context: DirectContext): Promise<JudgeAddress | JudgeProblem> {
  const scheme = judge.url.protocol === "https:" ? "https" : "http";
  const sent = composeJudgeRequest(judge, { scheme, nonce: createNonce(), kind: "page", method: "GET" });
  const answer = await get(sent, context);
  if ("problem" in answer) return answer;
  const { payload, lies } = readJudgeAnswer(sent, answer, judge);
  const name = nameOf(judge.url);
  if (lies.length > 0) return { problem: `the judge ${name} cannot be trusted, or what is between here and there: ${lies[0]?.details}` };
  if (payload === null) return { problem: `the judge ${name} answered ${answer.status} when it was asked without a proxy` };
  return { ...judge, certificate: payload.certificate, ownAddresses: withAddress(judge.ownAddresses, payload.address) };
}

async function meetEcho(judge: JudgeAddress, context: DirectContext): Promise<JudgeAddress | JudgeProblem> {
  const scheme = judge.url.protocol === "https:" ? "https" : "http";
  const sent = composeJudgeRequest(judge, { scheme, nonce: createNonce(), kind: "page", method: "GET" });
  const answer = await get(sent, context);
  if ("problem" in answer) return answer;
  const habits = learnHabits(sent, answer);
  if (habits === null)
    return { problem: `${nameOf(judge.url)} is no judge, and no echo service: it answered ${answer.status} without an address or a field` };
  return { ...judge, ownAddresses: withAddress(judge.ownAddresses, habits.address), echo: habits };
}

function withAddress(known: readonly string[], seen: string | null): string[] {
  return [...new Set([...(seen === null || seen === "" ? [] : [plainAddress(seen)]), ...known])];
}

function plainRequest(url: URL): JudgeRequest {
  return { nonce: randomBytes(1).toString("hex"), method: "GET", url, fields: ["Accept", "*/*"], body: null, kind: "page" };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

async function get(request: JudgeRequest, context: DirectContext): Promise<JudgeResponse | JudgeProblem> {
  const { url } = request;
  const { clock, timeouts, limits, tolerances } = context;
  const isTls = url.protocol === "https:";
  const target = {
    scheme: isTls ? "https" : "http",
    host: hostOf(url),
    port: Number(url.port || (isTls ? HTTPS_PORT : HTTP_PORT)),
  } as const;
  const tell = (failure: HopFailure) => {
    const { fault } = attribute(failure, { exit: null, target });
    return { problem: `the judge ${formatHostPort(target)} cannot be asked: ${fault.details} (${fault.id})` };
  };
  // A judge vouches for its certificate itself, by its key.
  const plan = {
    hops: [],
    target: { host: target.host, port: target.port, addresses: null, tls: isTls ? ("unverified" as const) : false },
  };
  const deadline = clock.now() + timeouts.connect + timeouts.tls;
  const opened = await dial(plan, { ...context, deadline, ca: null, isOwnListener: () => false });
  if (opened.kind === "failed") return tell(opened.failure);
  if (opened.kind === "loop") throw new Error("nothing is our own listener here");
  const { connection } = opened;
  const leave = () => connection.destroy();
  if (context.signal?.aborted === true) leave();
  context.signal?.addEventListener("abort", leave);
  const asked = await ask(connection, writeRequestHead(outbound(request)), request.body, {
    ...{ limits, tolerances, clock, method: request.method, role: "target", hop: 1, reused: false },
    timeoutMs: timeouts.head,
    bodyBytesMax: ANSWER_BYTES_MAX,
    rawBytesMax: 0,
  });
  context.signal?.removeEventListener("abort", leave);
  if (asked.kind === "failed") return tell(asked.failure);
  asked.connection?.destroy();
  return asked.response;
}

function outbound({ method, url, fields, body }: JudgeRequest): OutboundRequest {
  return {
    ...{ method, target: `${url.pathname}${url.search}`, host: url.host, fields },
    framing: body === null ? { kind: "none" } : { kind: "length", length: body.length },
    ...{ upgrade: null, proxyAuthorization: null, via: null, close: true, expectContinue: false },
  };
}
