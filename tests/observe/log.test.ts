import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GatewayEvent } from "../../src/core/event.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { logger } from "../../src/observe/log.ts";
import { attemptRecord, exchangeRecord, failedRecord, refusedAttempt, refusedVerdict } from "./records.ts";

const noon = { wall: () => Date.UTC(2026, 0, 2, 12, 3, 44, 123) };

function linesOf(format: "text" | "json", ...events: GatewayEvent[]): string[] {
  const lines: string[] = [];
  const report = logger(format, (line) => lines.push(line), noon);
  for (const event of events) report(event);
  return lines;
}

const ended = (record: ExchangeRecord): GatewayEvent => ({ type: "exchange-ended", record });

test("tells a failure in one line: what the client got, who broke, each attempt, how long, for whom, and the id", () => {
  assert.deepEqual(linesOf("text", ended(failedRecord())), [
    '2026-01-02T12:03:44Z failed 502 GET http://shop.example/cart connect.refused exit de-7 "refused after 3 ms" ' +
      "(attempts: de-7 connect.refused 3ms; fr-2 handshake.timeout 10s) 10s for 127.0.0.1 01JD8Z",
  ]);
});

test("tells a rescue with the attempt that answered", () => {
  const record = exchangeRecord({
    outcome: "rescued",
    client: { address: "10.0.0.5", user: "alice" },
    attempts: [refusedAttempt(), attemptRecord({ exit: "fr-2" })],
  });
  assert.deepEqual(linesOf("text", ended(record)), [
    "2026-01-02T12:03:44Z rescued 200 GET http://shop.example/cart (attempts: de-7 connect.refused 3ms; fr-2 200 80ms) 84ms for alice@10.0.0.5 01JD8Z",
  ]);
});

test("tells a rescued tunnel, which has no status of a target", () => {
  const attempts = [refusedAttempt(), attemptRecord({ exit: "fr-2", status: null, ms: { connect: 5, handshake: 7 } })];
  const record = exchangeRecord({ outcome: "rescued", protocol: "connect", method: "CONNECT", target: "shop.example:443", attempts });
  assert.match(linesOf("text", ended(record))[0] ?? "", / rescued 200 CONNECT shop\.example:443 \(attempts: .*; fr-2 answered 12ms\) /);
});

test("tells a relayed 5xx, and names the direct route as such", () => {
  const verdict = { ...refusedVerdict, fault: "relay.edge_5xx", culprit: "edge", evidence: ["made by nginx"] } as const;
  const attempt = attemptRecord({ exit: null, fault: "relay.edge_5xx", culprit: "edge", status: 503 });
  const record = exchangeRecord({ outcome: "relayed", status: 503, verdict, attempts: [attempt] });
  assert.match(
    linesOf("text", ended(record))[0] ?? "",
    / relayed 503 GET \S+ relay\.edge_5xx edge "made by nginx" \(attempts: direct relay\.edge_5xx /,
  );
});

test("names the hop of a chain", () => {
  const attempt = refusedAttempt({ route: ["192.0.2.1:1080", "192.0.2.2:1080", "shop.example:80"], hop: 2 });
  const record = failedRecord({ verdict: { ...refusedVerdict, hop: 2 }, attempts: [attempt] });
  assert.match(linesOf("text", ended(record))[0] ?? "", / connect\.refused exit de-7 hop 2 /);
});

test("tells a failure that never became an attempt", () => {
  const verdict = {
    ...refusedVerdict,
    fault: "gateway.no_exit",
    culprit: "gateway",
    hop: 0,
    evidence: ["no exit has country=xx"],
  } as const;
  assert.deepEqual(linesOf("text", ended(failedRecord({ verdict, attempts: [], ms: 0.4 }))), [
    '2026-01-02T12:03:44Z failed 502 GET http://shop.example/cart gateway.no_exit gateway "no exit has country=xx" 0ms for 127.0.0.1 01JD8Z',
  ]);
});

test("shows a dash where no status was sent", () => {
  assert.match(linesOf("text", ended(failedRecord({ status: null })))[0] ?? "", / failed - GET /);
});

test("shows a question mark for a client that was gone before it had an address", () => {
  assert.match(linesOf("text", ended(failedRecord({ client: { address: "", user: null } })))[0] ?? "", / for \? 01JD8Z$/);
});

test("says durations as people do", () => {
  const told = (ms: number) => / (\S+) for 127/.exec(linesOf("text", ended(failedRecord({ attempts: [], ms })))[0] ?? "")?.[1];
  assert.deepEqual([12.6, 1234, 10_023, 150_000, 10_800_000].map(told), ["13ms", "1.2s", "10s", "2.5min", "3h"]);
});

test("writes nothing for an exchange that went well, for a client that left, and for tunnels", () => {
  const quiet = [ended(exchangeRecord()), ended(exchangeRecord({ outcome: "aborted" }))];
  const tunnels: GatewayEvent[] = [
    { type: "tunnel-opened", id: "A" },
    { type: "tunnel-closed", id: "A" },
  ];
  for (const format of ["text", "json"] as const) assert.deepEqual(linesOf(format, ...quiet, ...tunnels), []);
});

test("the JSON line of an exchange is its record and nothing else", () => {
  const record = failedRecord();
  const [line = ""] = linesOf("json", ended(record));
  assert.deepEqual(JSON.parse(line), record);
});

const benched: GatewayEvent = {
  type: "hop-changed",
  exit: "de-7",
  from: "healthy",
  to: "benched",
  reason: "connect.refused",
  forMs: 12_000,
};

test("tells that an exit was benched and came back, but not the first success of each exit", () => {
  const back: GatewayEvent = { type: "hop-changed", exit: "de-7", from: "benched", to: "healthy", reason: "answered", forMs: 0 };
  const first: GatewayEvent = { ...back, from: "untried" };
  assert.deepEqual(linesOf("text", benched, first, back), [
    "2026-01-02T12:03:44Z exit de-7 benched for 12s: connect.refused",
    "2026-01-02T12:03:44Z exit de-7 healthy, was benched: answered",
  ]);
});

test("tells changes of the configuration and warnings", () => {
  const events: GatewayEvent[] = [
    { type: "config-changed", summary: "3 exits added" },
    { type: "config-refused", reason: "goodgateway.yaml:3:5: unknown key" },
    { type: "warning", message: "exits.txt:7: no port" },
  ];
  assert.deepEqual(linesOf("text", ...events), [
    "2026-01-02T12:03:44Z config changed: 3 exits added",
    "2026-01-02T12:03:44Z config refused, the old one stays in force: goodgateway.yaml:3:5: unknown key",
    "2026-01-02T12:03:44Z warning: exits.txt:7: no port",
  ]);
});

test("a JSON line that is not about an exchange has a time and the event's name", () => {
  const [line = ""] = linesOf("json", benched);
  const { type, ...rest } = benched;
  assert.deepEqual(JSON.parse(line), { at: "2026-01-02T12:03:44.123Z", event: type, ...rest });
});

test("control characters of a hostile target or banner stay out of the terminal", () => {
  const target = "http://shop.example/\r\n2026 forged line\x1b]0;owned\x07\x9b31m\u202e";
  const verdict = { ...refusedVerdict, evidence: ["first bytes \x00\x7f"] };
  const [line = ""] = linesOf("text", ended(failedRecord({ target, verdict })));
  assert.match(line, /shop\.example\/\\x0d\\x0a2026 forged line\\x1b\]0;owned\\x07\\x9b31m\\u202e /);
  assert.match(line, /"first bytes \\x00\\x7f"/);
});

test("shows the start of a long target in the text form and all of it in JSON", () => {
  const target = `http://shop.example/${"a".repeat(5000)}`;
  const [text = ""] = linesOf("text", ended(failedRecord({ target })));
  assert.ok(text.length < 600 && text.includes("aaa... connect.refused"));
  const [json = ""] = linesOf("json", ended(failedRecord({ target })));
  assert.equal(JSON.parse(json).target, target);
});

test("a password in a URL that reached a message is not written", () => {
  const warning: GatewayEvent = { type: "warning", message: "could not fetch http://user:s3c@s3cret@lists.example/exits.txt" };
  for (const format of ["text", "json"] as const) {
    const [line = ""] = linesOf(format, warning);
    assert.ok(!/user|s3c/.test(line) && line.includes("lists.example"));
  }
});

test("property: any text becomes one line without control characters, and JSON lines parse", () => {
  const hostile = fc.string({ unit: "binary", maxLength: 40 });
  const unsafe = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  fc.assert(
    fc.property(hostile, hostile, hostile, (target, method, message) => {
      const events: GatewayEvent[] = [ended(failedRecord({ target, method })), { type: "warning", message }];
      for (const line of linesOf("text", ...events)) assert.doesNotMatch(line, unsafe);
      for (const line of linesOf("json", ...events)) {
        assert.doesNotMatch(line, unsafe);
        JSON.parse(line);
      }
    }),
    { numRuns: 200 },
  );
});
