import { performance } from "node:perf_hooks";
import type { DirectContext } from "../../src/check/judge/ask-directly.ts";
import { ANSWER_BYTES_MAX, type JudgeAddress, type JudgeRequest, type JudgeResponse } from "../../src/check/judge/judged.ts";
import { composeJudgeRequest, createNonce, type JudgeQuestion } from "../../src/check/judge/request.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import { type Answered, ask } from "../../src/net/ask.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { dial } from "../../src/net/dial.ts";
import { systemResolver } from "../../src/net/resolve.ts";
import { writeRequestHead } from "../../src/wire/http1/request-writer.ts";

const { timeouts, limits, tolerances } = defaultConfig().exchange;
const clock = { now: () => performance.now(), wall: () => Date.now() };

export const DIRECT: DirectContext = {
  resolver: systemResolver(),
  connectTcp,
  clock,
  timeouts,
  limits: limits.message,
  tolerances,
  signal: null,
};

export function question(judge: JudgeAddress, more: Partial<JudgeQuestion> = {}): JudgeRequest {
  return composeJudgeRequest(judge, { scheme: "http", nonce: createNonce(), kind: "page", method: "GET", ...more });
}

/** Sends a request to its host, or whole to an HTTP proxy at `proxyPort` of 127.0.0.1, and gives the answer. */
export async function send({ url, method, fields, body }: JudgeRequest, proxyPort: number | null = null): Promise<JudgeResponse> {
  const isTls = url.protocol === "https:";
  const host = proxyPort === null ? url.hostname.replace(/^\[|\]$/g, "") : "127.0.0.1";
  const target = { host, port: proxyPort ?? Number(url.port), addresses: null, tls: isTls ? ("unverified" as const) : false };
  const deadline = clock.now() + DEADLINE_MS;
  const dialled = await dial({ hops: [], target }, { ...DIRECT, deadline, ca: null, isOwnListener: () => false });
  if (dialled.kind !== "open") throw new Error(`no connection to ${host}:${target.port}`);
  const head = writeRequestHead({
    ...{ method, host: url.host, fields, target: proxyPort === null ? `${url.pathname}${url.search}` : url.href },
    framing: body === null ? { kind: "none" } : { kind: "length", length: body.length },
    ...{ upgrade: null, proxyAuthorization: null, via: null, close: true, expectContinue: false },
  });
  const asked = await ask(dialled.connection, head, body, {
    ...{ limits: limits.message, tolerances, clock, method, role: "target", hop: 1, reused: false },
    timeoutMs: DEADLINE_MS,
    bodyBytesMax: ANSWER_BYTES_MAX,
    rawBytesMax: 0,
  });
  if (asked.kind === "failed") throw new Error(JSON.stringify(asked.failure));
  return (asked satisfies Answered).response;
}

const DEADLINE_MS = 15_000;
