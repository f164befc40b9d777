import type { AttemptRecord, Verdict } from "../../src/core/ledger.ts";
import type { Problem } from "../../src/wire/problem.ts";

/** An exit that refused TCP. */
export const refusedAttempt: AttemptRecord = {
  route: ["192.0.2.10:8080", "example.com:443"],
  exit: "de-7",
  nextHop: "192.0.2.10:8080",
  reused: false,
  stage: "connect",
  cancelled: false,
  fault: "connect.refused",
  culprit: "exit",
  confidence: 0.98,
  details: "refused after 3 ms",
  hop: 1,
  status: null,
  bytesOut: 0,
  bytesIn: 0,
  firstBytes: null,
  ms: { connect: 3 },
};

export const refusedVerdict: Verdict = {
  fault: "connect.refused",
  culprit: "exit",
  confidence: 0.98,
  stage: "connect",
  hop: 1,
  evidence: ["refused after 3 ms"],
  fix: { client: "Try again.", operator: "Check that the process runs." },
};

export const refusedProblem: Problem = {
  status: 502,
  reason: "exit de-7 refused TCP (connect.refused 01JD8Z)",
  name: "goodgateway",
  requestId: "01JD8Z",
  verdict: refusedVerdict,
  attempts: [refusedAttempt],
  target: "https://example.com:443",
};
