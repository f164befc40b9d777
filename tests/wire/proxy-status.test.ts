import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseList } from "structured-headers";
import type { FaultId } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { formatProxyStatus, parseProxyStatus } from "../../src/wire/proxy-status.ts";

test("tells a refused exit in the documented form", () => {
  const field = formatProxyStatus({
    name: "goodgateway",
    error: "connection_refused",
    nextHop: "192.0.2.10:8080",
    fault: "connect.refused",
    culprit: "exit",
    confidence: 0.98,
    stage: "connect",
    exit: "de-7",
    attempts: 3,
    requestId: "01JD8Z",
    details: "refused after 3 ms",
  });
  assert.equal(
    field,
    'goodgateway; error=connection_refused; next-hop="192.0.2.10:8080"; fault=connect.refused; culprit=exit; confidence=0.98; stage=connect; exit=de-7; attempts=3; request-id="01JD8Z"; details="refused after 3 ms"',
  );
});

test("a rescued answer carries no error", () => {
  assert.equal(
    formatProxyStatus({ name: "eu-1", nextHop: "a:1", exit: "de-7", attempts: 2 }),
    'eu-1; next-hop="a:1"; exit=de-7; attempts=2',
  );
});

test("an id that is no token is told as a string, and a confidence of one stays a decimal", () => {
  assert.equal(formatProxyStatus({ name: "my gateway", exit: "1a2b3c4d", confidence: 1 }), '"my gateway"; confidence=1.0; exit="1a2b3c4d"');
});

test("the parameters of the error type come along", () => {
  const field = formatProxyStatus({
    name: "g",
    error: "tls_alert_received",
    params: { "alert-id": 40, "alert-message": "handshake_failure" },
  });
  assert.equal(field, 'g; error=tls_alert_received; alert-id=40; alert-message="handshake_failure"');
});

test("strings are cut to 512 bytes of printable ASCII and escaped", () => {
  const field = formatProxyStatus({ name: "g", details: `say "no"\r\n\\ caf\u00e9 ${"x".repeat(600)}` });
  const [member] = parseProxyStatus(field) ?? [];
  assert.ok(field.startsWith('g; details="say \\"no\\"??\\\\ caf? xxx'));
  assert.equal(member?.details?.length, 512);
});

test("every story is a valid structured field that reads back", () => {
  const story = fc.record({
    name: fc.string({ minLength: 1, unit: "binary" }),
    fault: fc.constantFrom(...(Object.keys(FAULTS) as FaultId[])),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    exit: fc.option(fc.string({ unit: "binary" })),
    attempts: fc.nat(),
    details: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(story, (told) => {
      const field = formatProxyStatus(told);
      assert.match(field, /^[\x20-\x7e]*$/);
      assert.equal(parseList(field).length, 1);
      const [member] = parseProxyStatus(field) ?? [];
      assert.equal(member?.params["fault"], told.fault);
      assert.equal(member?.params["attempts"], told.attempts);
      assert.ok(Math.abs(Number(member?.params["confidence"]) - told.confidence) <= 0.0005);
    }),
    { numRuns: 200 },
  );
});

test("reads the members from the origin outwards", () => {
  const members = parseProxyStatus(
    'cdn; received-status=502, "squid.example"; error=connection_timeout; next-hop=origin-1; details="no SYN"',
  );
  assert.deepEqual(
    members?.map(({ name, error, receivedStatus, nextHop, details }) => ({ name, error, receivedStatus, nextHop, details })),
    [
      { name: "cdn", error: null, receivedStatus: 502, nextHop: null, details: null },
      { name: "squid.example", error: "connection_timeout", receivedStatus: null, nextHop: "origin-1", details: "no SYN" },
    ],
  );
});

test("accepts an error that a vendor sends as a String", () => {
  const [member] =
    parseProxyStatus('brd.superproxy.io; received-status=407; error="http_request_denied"; details="client_10000: \u2026"') ?? [];
  assert.equal(member?.error, "http_request_denied");
  assert.equal(member?.receivedStatus, 407);
  assert.equal(member?.details, "client_10000: ?");
});

test("what is no structured field is null, and nothing throws", () => {
  assert.equal(parseProxyStatus("502 Bad; ; ="), null);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const members = parseProxyStatus(value);
      assert.ok(members === null || Array.isArray(members));
    }),
    { numRuns: 300 },
  );
});
