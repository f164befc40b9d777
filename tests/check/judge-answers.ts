import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { answerFields } from "../../src/check/judge/answer-fields.ts";
import { dress } from "../../src/check/judge/dress.ts";
import type { JudgeAddress, JudgeRequest, JudgeResponse } from "../../src/check/judge/judged.ts";
import { type JudgeField, type JudgePayload, writePayload } from "../../src/check/judge/payload.ts";
import { createJudgeKey, signPayload } from "../../src/check/judge/signature.ts";

const privateKey: KeyObject = createJudgeKey();

/** A judge somewhere else, that never ran. */
export const JUDGE: JudgeAddress = {
  url: new URL("http://judge.test:8504/"),
  key: createPublicKey(privateKey),
  certificate: null,
  isSigned: true,
  ownAddresses: ["198.51.100.7"],
  isLoopback: false,
  ipv6: null,
  echo: null,
};

/** What a judge would sign of a request that reached it as it was sent. */
export function payloadFor({ nonce, method, url, fields, body, kind }: JudgeRequest, changes: Partial<JudgePayload> = {}): JudgePayload {
  const content = body ?? Buffer.alloc(0);
  const pairs: JudgeField[] = [["Host", url.host]];
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string]);
  return {
    judge: 1,
    nonce,
    at: "2026-01-02T03:04:05.678Z",
    address: "203.0.113.9",
    port: 4711,
    local: { host: "203.0.113.5", port: 8504 },
    method,
    target: `${url.pathname}${url.search}`,
    httpVersion: "1.1",
    fields: pairs,
    bodyBytes: content.length,
    bodySha256: createHash("sha256").update(content).digest("hex"),
    tls: null,
    preamble: null,
    certificate: null,
    answer: answerFields(kind, nonce),
    kind,
    ...changes,
  };
}

/** The answer of a judge that saw this. */
export function answerOf(payload: JudgePayload, key: KeyObject = privateKey): JudgeResponse {
  const text = writePayload(payload);
  const body = dress(payload.kind, { payload: text, signature: signPayload(text, key) });
  const fields = [...payload.answer.flat(), "Content-Length", String(body.length), "Date", "Fri, 02 Jan 2026 03:04:05 GMT"];
  return { status: 200, fields, body, isCut: false, trailers: null, hasExcess: false, interim: [] };
}
