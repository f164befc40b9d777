import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Judged, JudgeRequest, JudgeResponse } from "../../src/check/judge/judged.ts";
import { JUDGE_KINDS, type JudgePayload } from "../../src/check/judge/payload.ts";
import { readJudgeAnswer } from "../../src/check/judge/read-answer.ts";
import { createJudgeKey } from "../../src/check/judge/signature.ts";
import { fieldValue } from "../../src/core/message.ts";
import { answerOf, JUDGE, payloadFor } from "./judge-answers.ts";
import { question } from "./judge-world.ts";

const sent = question(JUDGE);
const genuine = answerOf(payloadFor(sent));

function read(answer: JudgeResponse): Judged {
  return readJudgeAnswer(sent, answer, JUDGE);
}

function faultsOf(answer: JudgeResponse): string[] {
  return [...new Set(read(answer).lies.map(({ fault }) => fault))];
}

function withField(name: string, value: string): JudgeResponse {
  return { ...genuine, fields: [...genuine.fields, name, value] };
}

function withoutField(name: string): JudgeResponse {
  const at = genuine.fields.indexOf(name);
  return { ...genuine, fields: genuine.fields.toSpliced(at, 2) };
}

test("What every proxy may do to an answer is no lie: hop-by-hop fields, Via, Age, its own Date and Server, another framing, another order and case.", () => {
  const fields: string[] = [];
  for (let i = 0; i < genuine.fields.length; i += 2)
    fields.unshift((genuine.fields[i] as string).toLowerCase(), genuine.fields[i + 1] as string);
  const rewritten = fields.filter((_, i) => !["content-length", "date"].includes(fields[i - (i % 2)] as string));
  const added = [
    "Via",
    "1.1 cache (squid/6.1)",
    "Age",
    "0",
    "X-Cache",
    "MISS from cache",
    "Server",
    "nginx",
    "Date",
    "Sat",
    "Connection",
    "keep-alive",
  ];
  const more = [
    "Keep-Alive",
    "timeout=5",
    "Proxy-Connection",
    "keep-alive",
    "Transfer-Encoding",
    "chunked",
    "Cache-Status",
    "x;fwd=miss",
    "Warning",
    "110",
  ];
  const judged = read({ ...genuine, fields: [...rewritten, ...added, ...more, "Cache-Control", "private"] });
  assert.deepEqual(judged.lies, []);
  assert.equal(judged.kind, "genuine");
  assert.ok(judged.addedFields.includes("Via"));
});

test("A script that was put into the page is quoted, with its place.", () => {
  const body = Buffer.from(
    genuine.body.toString("latin1").replace("</body>", '<script src="http://ads.test/a.js"></script></body>'),
    "latin1",
  );
  const [lie] = read({ ...genuine, body }).lies;
  assert.equal(lie?.fault, "honesty.content_changed");
  assert.match(lie?.details ?? "", /^a script was put into the body at byte \d+ of \d+: .*ads\.test/);
});

test("A body that was compressed, although no-transform forbids it, is a change, and it is said that its content is whole.", () => {
  for (const [coding, pack] of [
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const) {
    const judged = read({ ...withField("Content-Encoding", coding), body: pack(genuine.body) });
    assert.equal(judged.kind, "genuine");
    assert.deepEqual([...new Set(judged.lies.map(({ fault }) => fault))], ["honesty.content_changed"]);
    assert.match(judged.lies[0]?.details ?? "", /was compressed.*content is unchanged/);
  }
});

test("Fields that were taken away, changed, or added where they make a client do something, are changes.", () => {
  for (const name of [
    "ETag",
    "Set-Cookie",
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Trace",
    "Content-Type",
    "Cache-Control",
  ]) {
    assert.deepEqual(faultsOf(withoutField(name)), ["honesty.content_changed"], name);
  }
  for (const [name, value] of [
    ["Set-Cookie", "track=1"],
    ["Refresh", "0; url=http://ads.test/"],
    ["Link", "<http://ads.test/a.js>; rel=preload"],
    ["Access-Control-Allow-Origin", "*"],
    ["Alt-Svc", 'h2="evil.test:443"'],
    ["Location", "http://evil.test/"],
    ["Content-Disposition", "attachment"],
    ["Timing-Allow-Origin", "*"],
    ["Document-Policy", "force-load-at-top"],
    ["X-UA-Compatible", "IE=5"],
  ] as const) {
    assert.deepEqual(faultsOf(withField(name, value)), ["honesty.content_changed"], name);
  }
  const fields = genuine.fields.map((part) => (part === "no-store, no-transform" ? "public, max-age=86400" : part));
  assert.deepEqual(faultsOf({ ...genuine, fields }), ["honesty.content_changed"]);
});

test("A field that was put in the place of the judge's is told once; another way to write the same media type is none.", () => {
  const typed = (type: string) => ({
    ...genuine,
    fields: genuine.fields.map((part) => (part === "text/html; charset=utf-8" ? type : part)),
  });
  assert.deepEqual(
    read(typed("text/plain")).lies.map(({ details }) => details),
    ["the answer's Content-Type: 'text/html; charset=utf-8' was changed to 'text/plain'"],
  );
  assert.equal(faultsOf(withField("Content-Type", "text/plain")).length, 1);
  for (const type of ["text/html;charset=utf-8", "Text/HTML; charset=UTF-8", 'text/html ; charset="utf-8"'])
    assert.deepEqual(faultsOf(typed(type)), []);
  for (const type of ["text/html", "text/html; charset=utf-16"]) assert.deepEqual(faultsOf(typed(type)), ["honesty.content_changed"]);
});

test("Another status, bytes behind the answer, fields in trailers and early hints that the judge did not send, are changes.", () => {
  const changed = ["honesty.content_changed"];
  assert.deepEqual(faultsOf({ ...genuine, status: 203 }), changed);
  assert.deepEqual(faultsOf({ ...genuine, status: 503 }), changed);
  assert.deepEqual(faultsOf({ ...genuine, hasExcess: true }), changed);
  assert.deepEqual(faultsOf({ ...genuine, trailers: ["X-More", "1"] }), changed);
  assert.deepEqual(faultsOf({ ...genuine, trailers: [] }), changed); // Set-Cookie and the like, which the reader leaves out
  assert.deepEqual(faultsOf({ ...genuine, interim: [{ status: 103, fields: ["Link", "<http://ads.test/>; rel=preload"] }] }), changed);
  assert.deepEqual(faultsOf({ ...genuine, interim: [{ status: 100, fields: [] }] }), []);
});

test("A page of somebody else's, a page that only looks like the judge's, and one that another key signed, are fakes.", () => {
  const own = { ...genuine, fields: ["Content-Type", "text/html"], body: Buffer.from("<html><title>Welcome to nginx!</title></html>") };
  assert.deepEqual([read(own).kind, faultsOf(own)], ["fake", ["honesty.fake_answer"]]);
  assert.match(read(own).lies[0]?.details ?? "", /Welcome to nginx!/);
  const forged = answerOf(payloadFor(sent), createJudgeKey());
  assert.deepEqual([read(forged).kind, faultsOf(forged)], ["fake", ["honesty.fake_answer"]]);
  assert.equal(read(forged).payload, null);
  const bomb = { ...genuine, fields: ["Content-Encoding", "gzip"], body: gzipSync(Buffer.alloc(10_000_000)) };
  assert.match(
    read(bomb).lies[0]?.details ?? "",
    /^200 with \d+ bytes, packed as 'gzip', that cannot be unpacked or are more than any answer$/,
  );
  const bare = { ...genuine, fields: [], body: Buffer.from("hi") };
  assert.equal(read(bare).lies[0]?.details, "200 with 2 bytes of no named type that are not the judge's: 'hi'");
  const empty = { ...genuine, status: 204, fields: [], body: Buffer.alloc(0) };
  assert.deepEqual(faultsOf(empty), ["honesty.fake_answer"]);
});

test("A body that was emptied, or put in place of the judge's with its fields still there, is a change of its answer.", () => {
  for (const body of [Buffer.alloc(0), Buffer.from("MZ another program")]) {
    for (const status of [200, 403]) {
      const answer = { ...genuine, status, body };
      assert.deepEqual([read(answer).kind, faultsOf(answer)], ["fake", ["honesty.content_changed"]]);
    }
  }
});

test("What a proxy changes in a statement that is signed makes it a fake.", () => {
  const text = genuine.body.toString("latin1");
  const [, state = ""] = /data-state="([^"]+)"/.exec(text) ?? [];
  const [payload = "", signature = ""] = state.split(".");
  const told = JSON.parse(Buffer.from(payload, "base64url").toString()) as JudgePayload;
  const other = Buffer.from(JSON.stringify({ ...told, address: "198.51.100.99" })).toString("base64url");
  const body = Buffer.from(text.replace(state, `${other}.${signature}`), "latin1");
  assert.deepEqual(faultsOf({ ...genuine, body }), ["honesty.fake_answer"]);
});

test("An answer that the judge signed for somebody else, or for us before, is stale.", () => {
  const before = answerOf(payloadFor(question(JUDGE)));
  assert.deepEqual([read(before).kind, faultsOf(before)], ["fake", ["honesty.stale_answer"]]);
  assert.match(read(before).lies[0]?.details ?? "", /signed this answer at 2026-01-02T03:04:05\.678Z for another request/);
});

test("An answer out of a cache, to the same URL that was asked before, is stale although its number is right.", () => {
  const again = question(JUDGE, { again: sent });
  assert.equal(again.url.href, sent.url.href);
  assert.deepEqual(readJudgeAnswer(again, answerOf(payloadFor(again)), JUDGE).lies, []);
  const [lie] = readJudgeAnswer(again, genuine, JUDGE).lies;
  assert.equal(lie?.fault, "honesty.stale_answer");
});

test("A signed statement from another request before ours hides nothing, and one behind it neither.", () => {
  const before = answerOf(payloadFor(question(JUDGE))).body;
  assert.notDeepEqual(faultsOf({ ...genuine, body: Buffer.concat([before, genuine.body]) }), []);
  assert.notDeepEqual(faultsOf({ ...genuine, body: Buffer.concat([genuine.body, before]) }), []);
});

test("A redirect that the judge did not make is told with where it leads, without what may be secret in it.", () => {
  const answer = {
    ...genuine,
    status: 302,
    fields: ["Location", "http://user:pw@portal.test/login?client=198.51.100.7"],
    body: Buffer.alloc(0),
  };
  const [lie] = read(answer).lies;
  assert.equal(lie?.fault, "honesty.redirected");
  assert.match(lie?.details ?? "", /portal\.test\/login/);
  assert.doesNotMatch(lie?.details ?? "", /pw|198\.51/);
});

test("An error of the proxy's own is a refusal, and no lie.", () => {
  for (const status of [403, 407, 429, 502, 503]) {
    const judged = read({ ...genuine, status, fields: ["Content-Type", "text/html"], body: Buffer.from("<h1>Access denied</h1>") });
    assert.deepEqual([judged.kind, judged.lies], ["refused", []]);
  }
});

test("A proxy that asks the judge itself for the nonce, and passes nothing of the request on, is found out.", () => {
  const fetched = answerOf(payloadFor(sent, { fields: [["Host", sent.url.host]] }));
  assert.deepEqual(faultsOf(fetched), ["honesty.request_changed"]);
  const other = answerOf(payloadFor(sent, { target: `/?id=${sent.nonce}`, kind: "page" }));
  assert.deepEqual(faultsOf(other), ["honesty.request_changed"]);
});

test("A statement for another kind of content than was asked for is a change.", () => {
  assert.ok(faultsOf(answerOf(payloadFor(sent, { kind: "script" }))).includes("honesty.content_changed"));
});

test("An unsigned answer is never taken where the judge signs, however well it looks.", () => {
  const body = Buffer.from(JSON.stringify({ args: { id: sent.nonce }, headers: { Host: "judge.test" }, origin: "203.0.113.9" }));
  const answer = { ...genuine, fields: ["Content-Type", "application/json"], body };
  assert.deepEqual([read(answer).kind, faultsOf(answer)], ["fake", ["honesty.fake_answer"]]);
});

test("An answer that goes on beyond all limits is a lie, whether it begins with the judge's or not.", () => {
  const endless = { ...genuine, body: Buffer.concat([genuine.body, Buffer.alloc(64 * 1024)]), isCut: true };
  assert.deepEqual(faultsOf(endless), ["honesty.content_changed"]);
  assert.deepEqual(faultsOf({ ...endless, fields: [], body: Buffer.alloc(64 * 1024, "a") }), ["honesty.fake_answer"]);
});

test("A body that unpacks to far more than it weighs costs no more than the limit.", () => {
  const bomb = { ...genuine, fields: ["Content-Encoding", "gzip"], body: gzipSync(Buffer.alloc(64 * 1024 * 1024)) };
  assert.deepEqual(faultsOf(bomb), ["honesty.fake_answer"]);
});

test("Any part of the body that is cut out, put in or changed is found, whatever the kind.", () => {
  for (const kind of JUDGE_KINDS) {
    const asked = question(JUDGE, { kind });
    const whole = answerOf(payloadFor(asked));
    const spot = fc.nat({ max: whole.body.length });
    fc.assert(
      fc.property(spot, fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 40 }), (at, cut, put) => {
        const body = Buffer.concat([whole.body.subarray(0, at), put, whole.body.subarray(at + cut)]);
        const { kind: verdict, lies } = readJudgeAnswer(asked, { ...whole, body }, JUDGE);
        assert.equal(lies.length === 0, body.equals(whole.body));
        assert.ok(lies.length === 0 || verdict !== "refused");
      }),
      { numRuns: 300 },
    );
  }
});

test("Arbitrary bytes as an answer never throw, and never pass for the judge's.", () => {
  const field = fc.tuple(fc.constantFrom("Content-Type", "Content-Encoding", "Location", "Set-Cookie", "X", "Cache-Control"), fc.string());
  const fields = fc.array(field, { maxLength: 6 }).map((pairs) => pairs.flat());
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string().map((text) => Buffer.from(`<body data-state="${text}">`)),
    fc.json().map((text) => Buffer.from(`state="${Buffer.from(text).toString("base64url")}.${"A".repeat(86)}"`)),
    fc.nat({ max: genuine.body.length - 1 }).map((length) => genuine.body.subarray(0, length)),
  );
  const coding = fc.constantFrom("gzip", "deflate", "br", "zstd", "", "compress");
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), fields, body, coding, (status, list, bytes, code) => {
      const answer = { ...genuine, status, fields: [...list, "Content-Encoding", code], body: Buffer.from(bytes) };
      const judged = read(answer);
      assert.ok(judged.kind !== "genuine" || judged.lies.length > 0);
      assert.ok(judged.kind !== "fake" || judged.lies.length > 0);
    }),
    { numRuns: 400 },
  );
});

test("Arbitrary JSON that the judge's own key signed never throws.", () => {
  fc.assert(
    fc.property(fc.json(), fc.dictionary(fc.string(), fc.jsonValue()), (text, more) => {
      const payload = { ...payloadFor(sent), ...more } as JudgePayload;
      for (const answer of [() => answerOf(payload), () => answerOf(JSON.parse(text) as JudgePayload)]) {
        let made: JudgeResponse;
        try {
          made = answer();
        } catch {
          continue; // what cannot be signed cannot come
        }
        read(made);
      }
    }),
    { numRuns: 200 },
  );
});

test("An answer to an earlier request of the same URL is stale by its marks, in whichever field they came.", () => {
  for (const kind of JUDGE_KINDS) {
    const first = question(JUDGE, { kind });
    const again = question(JUDGE, { kind, again: first });
    assert.ok(!again.fields.includes("Referer"), "asked for as by somebody who is not known");
    const names = [...new Set(again.fields.filter((value, i) => i % 2 === 1 && first.fields[i] !== value))];
    if (kind === "download") assert.deepEqual(names, []);
    else
      assert.deepEqual(
        readJudgeAnswer(again, answerOf(payloadFor(first)), JUDGE).lies.map(({ fault }) => fault),
        ["honesty.stale_answer"],
        kind,
      );
    assert.deepEqual(readJudgeAnswer(again, answerOf(payloadFor(again)), JUDGE).lies, [], kind);
    const other = question(JUDGE, { kind });
    assert.equal(readJudgeAnswer(again, answerOf(payloadFor(other)), JUDGE).lies[0]?.fault, "honesty.stale_answer", kind);
  }
});

test("Pages and pictures are asked for as a link leads to them, downloads as by a program, and the rest as by who is logged in.", () => {
  const optional = ["Referer", "Cookie", "Authorization", "X-Requested-With"];
  const has = (kind: (typeof JUDGE_KINDS)[number], method: "GET" | "POST" = "GET") =>
    optional.filter((name) => question(JUDGE, { kind, method }).fields.includes(name));
  assert.deepEqual(has("page"), ["Referer"]);
  assert.deepEqual(has("picture"), ["Referer"]);
  const browser = (kind: (typeof JUDGE_KINDS)[number], again?: JudgeRequest) =>
    fieldValue(question(JUDGE, { kind, ...(again && { again }) }).fields, "user-agent") ?? "";
  assert.match(browser("page"), /Windows/, "as most people");
  assert.match(browser("page", question(JUDGE)), /Android/, "as by a phone");
  assert.match(browser("script"), /Firefox/);
  assert.deepEqual(has("download"), []);
  for (const [kind, method] of [
    ["page", "POST"],
    ["script", "GET"],
  ] as const)
    assert.deepEqual(has(kind, method), optional);
});
