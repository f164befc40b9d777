import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Target } from "../../src/core/route.ts";
import { HedgeBook } from "../../src/exchange/hedge-book.ts";

const REQUEST: Target = { scheme: "http", host: "site.example", port: 80 };
const TUNNEL: Target = { scheme: "tcp", host: "site.example", port: 80 };

test("second attempts are never more than their share of first ones, and come to it where all are slow", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.boolean(), { maxLength: 2000 }), (percent, slow) => {
      const book = new HedgeBook();
      let firsts = 0;
      let seconds = 0;
      for (const isSlow of slow) {
        book.earn(percent / 100);
        firsts += 1;
        if (isSlow && book.spend()) seconds += 1;
        assert.ok(seconds <= (firsts * percent) / 100 + 1e-6);
      }
      if (slow.every((isSlow) => isSlow)) assert.ok(seconds >= Math.floor((firsts * percent) / 100 - 1e-6) - 1);
    }),
  );
});

test("what is saved up for a bad moment has a bound", () => {
  const book = new HedgeBook();
  for (let i = 0; i < 10_000; i++) book.earn(0.05);
  let seconds = 0;
  while (book.spend()) seconds += 1;
  assert.equal(seconds, 10);
});

test("a time of its own is what it says; a share is of the target's own answers, requests and tunnels apart", () => {
  const book = new HedgeBook();
  const p90 = { after: { quantile: 0.9 }, maxShare: 0.05 };
  assert.equal(book.slowAfterMs(REQUEST, { after: { ms: 800 }, maxShare: 0.05 }), 800);
  assert.equal(book.slowAfterMs(REQUEST, { after: null, maxShare: 0.05 }), null);
  assert.equal(book.slowAfterMs(REQUEST, p90), null);
  for (let i = 0; i < 50; i++) {
    book.note(REQUEST, 100);
    book.note(TUNNEL, 1000);
  }
  const request = book.slowAfterMs(REQUEST, p90) as number;
  const tunnel = book.slowAfterMs(TUNNEL, p90) as number;
  assert.ok(request >= 100 && request <= 120, `${request} ms`);
  assert.ok(tunnel >= 1000 && tunnel <= 1200, `${tunnel} ms`);
});
