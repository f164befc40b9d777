import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { dress, findStatements, isDressed } from "../../src/check/judge/dress.ts";
import { JUDGE_KINDS, writePayload } from "../../src/check/judge/payload.ts";
import { showPayload } from "../../src/check/judge/show-payload.ts";

const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value).toString("latin1"));
/** What payloads are made of, and deeper. */
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, bytes, fc.integer(), fc.boolean(), fc.constant(null), tie("array"), tie("object")),
  array: fc.array(tie("value"), { maxLength: 5 }),
  object: fc.dictionary(bytes, tie("value"), { maxKeys: 5 }),
})).value;

// First, while the room is as large as it is at first.
test("shows a payload that just fits its room or just does not, one that takes far more, and one that takes less again", () => {
  const edges = Array.from({ length: 500 }, (_, i) => [`${"&".repeat(2000)}${"a".repeat(6000 + i)}`]);
  const growsMidway = [`${"&".repeat(6000)}${"a".repeat(8000)}`];
  const longs = ["&", "'", '"', "\\", "\n", "é", "🙂", "a"].flatMap((char) => [50_000, 1, 10_000].map((count) => [char.repeat(count)]));
  for (const value of [...edges, growsMidway, ...longs, Array(10_000).fill({}), Array(10_000).fill([[0]]), []]) {
    const payload = writePayload(value as never);
    assert.ok(showPayload(payload).equals(Buffer.from(expectedShow(payload))));
  }
});

test("shows a payload as its JSON over lines, with each character escaped that is HTML's or not ASCII", () => {
  fc.assert(
    fc.property(json, (value) => {
      const payload = writePayload(value as Parameters<typeof writePayload>[0]);
      assert.equal(showPayload(payload).toString("latin1"), expectedShow(payload));
    }),
  );
});

function expectedShow(payload: string): string {
  return JSON.stringify(JSON.parse(payload), null, 1).replace(/[&<>"']|[^\n\x20-\x7e]/g, (char) => `&#${char.charCodeAt(0)};`);
}

test("shows a payload that is deep beyond all reason in little more than its own length", () => {
  const depth = 100_000;
  const payload = `${"[".repeat(depth)}1${"]".repeat(depth)}`;
  assert.ok(showPayload(payload).length < 20 * payload.length);
});

test("finds what a body states, whatever its kind", () => {
  const statement = { payload: writePayload({ a: "é" } as never), signature: "c2lnbmF0dXJl" };
  for (const kind of JUDGE_KINDS) assert.deepEqual(findStatements(dress(kind, statement)), [statement]);
});

test("a body is the one that its statement demands to the byte, or it is not, however it differs", () => {
  const statement = { payload: writePayload({ a: "é" } as never), signature: "c2lnbmF0dXJl" };
  for (const kind of JUDGE_KINDS) {
    const body = dress(kind, statement);
    assert.ok(isDressed(body, kind, statement));
    assert.ok(!isDressed(Buffer.concat([body, Buffer.of(0)]), kind, statement));
    assert.ok(!isDressed(body, kind, { ...statement, signature: "c2lnbmF0dXJm" }));
    for (const other of JUDGE_KINDS) assert.equal(isDressed(body, other, statement), other === kind);
    for (let at = 0; at < body.length; at++) {
      assert.ok(!isDressed(body.subarray(0, at), kind, statement));
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      assert.ok(!isDressed(body, kind, statement));
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
    }
  }
});

test("finds the statements that the pattern of them finds, wherever they stand in a body", () => {
  const piece = fc.constantFrom('state="', "state=", '"', ".", "YWJj", "ZGVm-_", "=", " ", "s");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const expected = [...text.matchAll(/state="([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)"/g)]
        .slice(0, 4)
        .map(([, payload = "", signature = ""]) => ({
          payload: Buffer.from(payload, "base64url").toString("latin1"),
          signature,
        }));
      assert.deepEqual(findStatements(Buffer.from(text)), expected);
    }),
  );
});
