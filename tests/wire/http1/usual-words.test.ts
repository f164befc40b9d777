import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { USUAL_WORDS, usualWord } from "../../../src/wire/http1/usual-words.ts";

test("each usual word is found by its bytes, wherever it stands", () => {
  for (const word of USUAL_WORDS) {
    const bytes = Buffer.from(`\r\n${word}: x`, "latin1");
    assert.equal(usualWord(bytes, 2, 2 + word.length), word);
  }
});

test("no other word is taken for one of them", () => {
  const usual = new Set(USUAL_WORDS);
  const near = fc.tuple(fc.constantFrom(...USUAL_WORDS), fc.nat(), fc.integer({ min: 0x21, max: 0xff }));
  const spoilt = near.map(([word, at, byte]) => {
    const bytes = Buffer.from(word, "latin1");
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ minLength: 1, maxLength: 40 })), (bytes) => {
      const text = Buffer.from(bytes).toString("latin1");
      assert.equal(usualWord(bytes, 0, bytes.length), usual.has(text) ? text : null);
    }),
  );
});
