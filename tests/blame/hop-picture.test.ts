import assert from "node:assert/strict";
import { test } from "node:test";
import { drawHops, type HopPicture } from "../../src/blame/hop-picture.ts";

const CHAIN: HopPicture = {
  hops: [
    { name: "client", note: "" },
    { name: "hop 1", note: "192.0.2.10:8080" },
    { name: "edge", note: "site.example" },
    { name: "origin", note: "" },
  ],
  legs: [
    { state: "ok", label: "57 ms" },
    { state: "broke", label: "502, 19 ms" },
    { state: "unseen", label: "" },
  ],
};

test("the way of a request is drawn in two lines where they have room", () => {
  assert.equal(
    drawHops(CHAIN),
    [
      "client ── 57 ms ─> hop 1           ── 502, 19 ms ─✗ edge         ·····  origin",
      "                   192.0.2.10:8080                  site.example",
    ].join("\n"),
  );
});

test("the way goes on below, between two hops, where a line would be too wide", () => {
  assert.equal(
    drawHops(CHAIN, 70),
    [
      "client ── 57 ms ─> hop 1           ── 502, 19 ms ─✗ edge",
      "                   192.0.2.10:8080                  site.example",
      "  ·····  origin",
    ].join("\n"),
  );
  for (const line of drawHops(CHAIN, 40).split("\n")) assert.ok(line.length <= 40, line);
  // What is wider by itself is not cut.
  assert.match(drawHops(CHAIN, 10), /192\.0\.2\.10:8080/);
});

test("each hop is drawn once, at any width", () => {
  for (let width = 1; width < 100; width++) {
    const words = drawHops(CHAIN, width).split(/[^a-z0-9.: ]+|\s{2,}|\n/);
    for (const { name } of CHAIN.hops) assert.equal(words.filter((word) => word.trim() === name).length, 1, `${name} at ${width}`);
  }
});
