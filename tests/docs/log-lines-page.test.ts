import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { GatewayEvent } from "../../src/core/event.ts";
import { logger } from "../../src/observe/log.ts";
import { attemptRecord, exchangeRecord, failedRecord, refusedAttempt, refusedVerdict } from "../observe/records.ts";

const page = readFileSync(new URL("../../docs/log-lines.md", import.meta.url), "utf8");

const story = "made by nginx, which got nothing from its backend";
const relayedVerdict = { ...refusedVerdict, fault: "relay.edge_5xx", culprit: "edge", evidence: [story] } as const;
const relayedAttempt = attemptRecord({ fault: "relay.edge_5xx", culprit: "edge", status: 503, ms: { head: 80 } });

const exchanges: GatewayEvent[] = [
  failedRecord(),
  exchangeRecord({
    id: "01JD91",
    outcome: "rescued",
    client: { address: "10.0.0.5", user: "alice" },
    attempts: [refusedAttempt(), attemptRecord({ exit: "fr-2" })],
  }),
  exchangeRecord({ id: "01JD92", outcome: "relayed", status: 503, verdict: relayedVerdict, attempts: [relayedAttempt] }),
].map((record) => ({ type: "exchange-ended", record }));

const others: GatewayEvent[] = [
  { type: "hop-changed", exit: "de-7", from: "healthy", to: "benched", reason: "connect.refused", forMs: 12_000 },
  { type: "hop-changed", exit: "de-7", from: "benched", to: "healthy", reason: "answered", forMs: 0 },
  {
    type: "circuit-changed",
    target: "shop.example:443",
    path: null,
    from: "closed",
    to: "open",
    reason: "handshake.target_refused: it failed through 4 exits of 3 networks",
    forMs: 4000,
  },
  {
    type: "circuit-changed",
    target: "shop.example:443",
    path: null,
    from: "half-open",
    to: "closed",
    reason: "a request came through",
    forMs: 0,
  },
  { type: "verdict-revised", id: "01JD8Z", attempt: 1, from: "exit", to: "origin", reason: "the target shop.example:443 is down" },
  { type: "operator-acted", by: "token", action: "drain", exit: "de-7", summary: "drains exit de-7" },
  { type: "config-changed", summary: "3 exits added" },
  { type: "config-refused", reason: "goodgateway.yaml:3:5: unknown key" },
  { type: "warning", message: "exits.txt:7: no port" },
];

/** The lines of the page's code blocks in one language. */
function shown(language: "text" | "json"): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\`\`\`$`, "gm"))].flatMap(([, block = ""]) =>
    block.trim().split("\n"),
  );
}

function written(format: "text" | "json", events: readonly GatewayEvent[]): string[] {
  const lines: string[] = [];
  const report = logger(format, (line) => lines.push(line), { wall: () => Date.UTC(2026, 0, 2, 12, 3, 44, 123) });
  for (const event of events) report(event);
  return lines;
}

test("docs/log-lines.md shows text lines as they are written", () => {
  assert.deepEqual(shown("text"), written("text", [...exchanges, ...others]));
});

test("docs/log-lines.md shows JSON lines as they are written", () => {
  const back = 1; // the page shows one change of an exit, the benching
  assert.deepEqual(shown("json"), written("json", others.toSpliced(back, 1)));
});
