import assert from "node:assert/strict";
import { test } from "node:test";
import { RunSummary } from "../../src/cli/run-summary.ts";
import type { Culprit } from "../../src/core/fault.ts";
import type { ExchangeRecord, Outcome } from "../../src/core/ledger.ts";
import { refusedAttempt, refusedVerdict } from "../wire/problem-cases.ts";

function ended(outcome: Outcome, culprit: Culprit | null = null, exit: string | null = null) {
  const verdict = culprit === null ? null : { ...refusedVerdict, culprit };
  const record: ExchangeRecord = {
    id: "X",
    at: "",
    client: { address: "127.0.0.1", user: null },
    protocol: "http",
    method: "GET",
    target: "http://a/",
    outcome,
    status: 200,
    verdict,
    attempts: exit === null ? [] : [{ ...refusedAttempt, exit }],
    notes: [],
    ms: 1,
    bytesFromClient: 0,
    bytesToClient: 0,
  };
  return { type: "exchange-ended", record } as const;
}

test("sums up requests, rescues and failures by culprit, the worst first", () => {
  const summary = new RunSummary();
  for (let i = 0; i < 1114; i++) summary.observe(ended("ok"));
  for (let i = 0; i < 87; i++) summary.observe(ended("rescued"));
  summary.observe(ended("failed", "exit", "de-7"));
  summary.observe(ended("relayed", "edge"));
  summary.observe(ended("failed", "origin"));
  assert.equal(summary.text(), "1,204 requests, 87 rescued, 3 failed: site 2, exit de-7 1");
});

test("an exit that has no name of its own is told with its address", () => {
  const summary = new RunSummary();
  summary.observe(ended("failed", "exit", "fcd996e2"));
  assert.equal(summary.text(), "1 request, 0 rescued, 1 failed: exit fcd996e2 (192.0.2.10:8080) 1");
});

test("says what was given up, and names other culprits by their role", () => {
  const summary = new RunSummary();
  summary.observe(ended("aborted"));
  summary.observe(ended("failed", "gateway"));
  summary.observe({ type: "warning", message: "no exchange" });
  assert.equal(summary.text(), "2 requests, 0 rescued, 1 failed: gateway 1; 1 given up by the command");
});

test("one request is no plural, and none at all is explained", () => {
  const summary = new RunSummary();
  assert.equal(summary.text(), "0 requests: the command did not use HTTP_PROXY, HTTPS_PROXY or ALL_PROXY");
  summary.observe(ended("ok"));
  assert.equal(summary.text(), "1 request, 0 rescued, 0 failed");
});
