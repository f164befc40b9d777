import type { AttemptRecord, ExchangeRecord, Verdict } from "../../src/core/ledger.ts";

/** An attempt that answered 200 through an exit; `changes` makes it another. */
export function attemptRecord(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    route: ["192.0.2.10:8080", "shop.example:80"],
    exit: "de-7",
    nextHop: "192.0.2.10:8080",
    reused: false,
    stage: "body",
    cancelled: false,
    fault: null,
    culprit: null,
    confidence: null,
    details: null,
    hop: 0,
    status: 200,
    bytesOut: 120,
    bytesIn: 300,
    firstBytes: null,
    ms: { connect: 4, write: 0.2, head: 72, body: 4 },
    ...changes,
  };
}

/** An attempt that an exit refused. */
export function refusedAttempt(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return attemptRecord({
    stage: "connect",
    fault: "connect.refused",
    culprit: "exit",
    confidence: 0.98,
    details: "refused after 3 ms",
    hop: 1,
    status: null,
    bytesOut: 0,
    bytesIn: 0,
    ms: { connect: 3 },
    ...changes,
  });
}

export const refusedVerdict: Verdict = {
  fault: "connect.refused",
  culprit: "exit",
  confidence: 0.98,
  stage: "connect",
  hop: 1,
  evidence: ["refused after 3 ms"],
  fix: { client: "Try again.", operator: "Check that the process runs." },
};

/** A GET that was answered at the first attempt. */
export function exchangeRecord(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    id: "01JD8Z",
    at: "2026-01-02T12:03:43.916Z",
    client: { address: "127.0.0.1", user: null },
    protocol: "http",
    method: "GET",
    target: "http://shop.example/cart",
    outcome: "ok",
    status: 200,
    verdict: null,
    attempts: [attemptRecord()],
    notes: [],
    ms: 84,
    bytesFromClient: 130,
    bytesToClient: 290,
    ...changes,
  };
}

/** A GET that every exit failed. */
export function failedRecord(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return exchangeRecord({
    outcome: "failed",
    status: 502,
    verdict: refusedVerdict,
    attempts: [
      refusedAttempt(),
      refusedAttempt({ exit: "fr-2", stage: "handshake", fault: "handshake.timeout", ms: { connect: 20, handshake: 10_000 } }),
    ],
    ms: 10_023,
    ...changes,
  });
}
