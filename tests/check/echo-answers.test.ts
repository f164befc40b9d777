import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeAnonymity } from "../../src/check/anonymity.ts";
import type { JudgeAddress, Judged, JudgeResponse } from "../../src/check/judge/judged.ts";
import { readJudgeAnswer } from "../../src/check/judge/read-answer.ts";
import { fieldValue } from "../../src/core/message.ts";
import { JUDGE } from "./judge-answers.ts";
import { question } from "./judge-world.ts";

const ECHO: JudgeAddress = {
  ...JUDGE,
  ...{ key: null, isSigned: false },
  echo: { repeatsNonce: false, tellsFields: false, ownFields: [] },
};

function answered(body: string): JudgeResponse {
  return { status: 200, fields: [], body: Buffer.from(body, "latin1"), isCut: false, trailers: null, hasExcess: false, interim: [] };
}

function read(body: string): Judged {
  return readJudgeAnswer(question(ECHO), answered(body), ECHO);
}

test("Lines of an echo are read without what is around them: quotation marks, blanks, a tag.", () => {
  const { payload } = read(
    "<pre>\nREMOTE_ADDR = '192.0.2.77' <br>\r\n  HTTP_VIA: \"1.1 cache\"  \nHTTP_X_FORWARDED_FOR =>  192.0.2.9, 192.0.2.77\n</pre>",
  );
  assert.equal(payload?.address, "192.0.2.77");
  assert.deepEqual(payload?.fields, [
    ["Via", "1.1 cache"],
    ["X-Forwarded-For", "192.0.2.9, 192.0.2.77"],
  ]);
  assert.equal(fieldValue(payload.fields.flat(), "via"), "1.1 cache");
});

test("An echo on the machine of the proxy, where it is asked by address, proves nothing by whom it was connected to from.", () => {
  const echo = { ...ECHO, url: new URL("http://198.51.100.7:8080/get") };
  const sent = question(echo);
  const { payload } = readJudgeAnswer(sent, answered("ip=198.51.100.7"), echo);
  assert.ok(payload !== null);
  const { level, evidence } = judgeAnonymity(sent, payload, { ownAddresses: ["198.51.100.7"], isSameMachine: true });
  assert.deepEqual([level, evidence.length], ["elite", 1]);
});

// What took time by a power of its length took hours for the first of these.
const BLANKS = " ".repeat(30_000);
const HOSTILE: Readonly<Record<string, string>> = {
  "blanks before a text that is too long": `ip=${BLANKS}${"y".repeat(30_000)}`,
  "blanks between letters": `ip=x${BLANKS}y`,
  "blanks before no value": `${"-".repeat(20_000)}ip${BLANKS}y`,
  "tags that do not end": `ip=${"<".repeat(60_000)}`,
  "quotation marks": `ip=${`'${" ".repeat(1000)}x`.repeat(60)}`,
  "lines of blanks": `ip=${" ".repeat(4000)}\n`.repeat(16),
};

for (const [what, body] of Object.entries(HOSTILE)) {
  test(`An echo of ${what} is no answer of the service, and is read at once.`, () => {
    assert.deepEqual(
      read(body).lies.map(({ fault }) => fault),
      ["honesty.fake_answer"],
    );
  });
}

test("An echo of thousands of fields is read as far as a server would take them.", () => {
  const { payload } = read(`ip=192.0.2.77\n${"HTTP_A=1\n".repeat(7000)}`);
  assert.equal(payload?.fields.length, 200);
});
