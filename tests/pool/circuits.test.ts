import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CircuitState, GatewayEvent } from "../../src/core/event.ts";
import { fault } from "../../src/core/fault.ts";
import type { CircuitRules } from "../../src/core/settings.ts";
import type { TargetFailure } from "../../src/pool/circuit.ts";
import { circuitScopeOf, firstSegment } from "../../src/pool/circuit-scope.ts";
import type { Ways } from "../../src/pool/circuit-ways.ts";
import { Circuits, type Counted, type Gate, type Where } from "../../src/pool/circuits.ts";

const RULES: CircuitRules = { failures: 4, kins: 2, window: 30_000, probe: 1000, probeMax: 8000, control: "never" };
const SHOP: Where = { target: "shop.example:443", path: null, scope: "target" };

function start(rules: CircuitRules = RULES, exits = 100) {
  const out = new Set<string | null>();
  const ways: Ways = { count: (enough) => Math.min(enough, exits - out.size), includes: (exit) => !out.has(exit) };
  const states: CircuitState[] = [];
  const report = (event: GatewayEvent) => {
    if (event.type === "circuit-changed") states.push(event.to);
  };
  const circuits = new Circuits({ random: () => 1, report });
  let now = 0;
  let exchanges = 0;
  return {
    circuits,
    states,
    out,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    gate: (where: Where = SHOP): Gate => circuits.gate(where.target, where.path, now),
    fail: (exit: string | null, kin: string, given: Partial<TargetFailure> = {}, where: Where = SHOP): Counted => {
      exchanges++;
      const attributed = { fault: fault("handshake.target_refused", "the exit says ECONNREFUSED"), role: "exit", hop: 2 } as const;
      const failure = { attributed, status: null, exit, kin, exchange: String(exchanges), isProbe: false, ...given };
      return circuits.failed(where, failure, { ways, rules, now });
    },
    work: (startedAt = now, where: Where = SHOP) => circuits.worked(where, startedAt, rules, now),
  };
}

function failThroughFour({ fail }: ReturnType<typeof start>): Counted[] {
  return [fail("a", "k1"), fail("b", "k1"), fail("c", "k2"), fail("d", "k2")];
}

test("a target that fails through enough exits of enough networks is not asked any more, and its own fault is told", () => {
  const lab = start();
  const counted = failThroughFour(lab).map(({ kind }) => kind);
  assert.deepEqual(counted, ["counted", "counted", "counted", "opened"]);
  lab.pass(400);
  const gate = lab.gate();
  assert.equal(gate.kind, "open");
  assert.equal(gate.kind === "open" && gate.attributed.fault.id, "handshake.target_refused");
  assert.equal(gate.kind === "open" && gate.retryAfterMs, 600);
  assert.match(
    gate.kind === "open" ? (gate.evidence[0] ?? "") : "",
    /^the target counts as down: it failed through 4 exits of 2 networks 1 s ago, and it may be asked again in 1 s$/,
  );
});

test("another target is asked all the same", () => {
  const lab = start();
  failThroughFour(lab);
  assert.equal(lab.gate({ ...SHOP, target: "other.example:443" }).kind, "closed");
});

test("one exit that fails over and over does not make a target down", () => {
  const lab = start();
  for (let i = 0; i < 50; i++) assert.equal(lab.fail("a", "k1").kind, "counted");
  assert.equal(lab.gate().kind, "closed");
});

test("exits of one network do not make a target down until twice as many failed", () => {
  const lab = start();
  const kinds = ["a", "b", "c", "d", "e", "f", "g", "h"].map((exit) => lab.fail(exit, "k1").kind);
  assert.deepEqual(kinds, [...Array(7).fill("counted"), "opened"]);
});

test("of a pool of two exits both must fail, as often as many would", () => {
  const lab = start(RULES, 2);
  const kinds = ["a", "b", "a", "b"].map((exit) => lab.fail(exit, "k1").kind);
  assert.deepEqual(kinds, ["counted", "counted", "counted", "opened"]);
});

test("of a pool whose exits are out but for two, these two must fail", () => {
  const lab = start(RULES, 5);
  for (const exit of ["c", "d", "e"]) lab.out.add(exit);
  const kinds = ["a", "b", "a", "b"].map((exit) => lab.fail(exit, "k1").kind);
  assert.deepEqual(kinds, ["counted", "counted", "counted", "opened"]);
});

test("what failed over an exit that turned out to be broken itself does not count any more", () => {
  const lab = start(RULES, 4);
  for (const exit of ["a", "b", "c", "a"]) assert.equal(lab.fail(exit, "k1").kind, "counted");
  lab.out.add("a");
  lab.out.add("b");
  assert.equal(lab.fail("d", "k1").kind, "counted", "c and d are all that is left, but they failed only twice");
  assert.equal(lab.fail("c", "k1").kind, "counted");
  assert.equal(lab.fail("d", "k1").kind, "opened");
});

test("one request does not make a target down, however many exits it is sent through", () => {
  const lab = start();
  for (const exit of ["a", "b", "c", "d", "e", "f", "g", "h"]) {
    assert.equal(lab.fail(exit, exit, { exchange: "one" }).kind, "counted");
  }
  assert.equal(lab.fail("i", "i", { exchange: "two" }).kind, "opened");
});

test("a target that works for some is not down", () => {
  const lab = start();
  lab.fail("a", "k1");
  lab.work();
  for (const exit of ["b", "c", "d", "e"]) assert.equal(lab.fail(exit, exit).kind, "counted");
});

test("failures of long ago do not count", () => {
  const lab = start();
  lab.fail("a", "k1");
  lab.fail("b", "k1");
  lab.pass(31_000);
  lab.fail("c", "k2");
  assert.equal(lab.fail("d", "k2").kind, "counted");
});

test("one request at a time is the probe; each that fails doubles the wait, up to the limit", () => {
  const lab = start();
  failThroughFour(lab);
  for (const wait of [1000, 2000, 4000, 8000, 8000]) {
    lab.pass(wait - 1);
    assert.equal(lab.gate().kind, "open");
    lab.pass(1);
    assert.equal(lab.gate().kind, "probe");
    assert.equal(lab.gate().kind, "open", "a second request is told what is known");
    lab.fail("f", "k3");
    assert.equal(lab.gate().kind, "open", "what was under way before tells nothing new");
    lab.fail("e", "k3", { isProbe: true });
  }
  assert.deepEqual(lab.states.slice(0, 3), ["open", "half-open", "open"]);
});

test("a success closes the circuit, and the next failure opens nothing", () => {
  const lab = start();
  failThroughFour(lab);
  lab.pass(1000);
  assert.equal(lab.gate().kind, "probe");
  lab.work();
  assert.equal(lab.gate().kind, "closed");
  assert.equal(lab.fail("a", "k1").kind, "counted");
  assert.deepEqual(lab.states, ["open", "half-open", "closed"]);
});

test("what began before the target went down does not prove that it is back", () => {
  const lab = start();
  const before = lab.now();
  lab.pass(100);
  failThroughFour(lab);
  lab.work(before);
  assert.equal(lab.gate().kind, "open");
});

test("a probe that learned nothing leaves its place to the next request", () => {
  const lab = start();
  failThroughFour(lab);
  lab.pass(1000);
  const gate = lab.gate();
  assert.equal(gate.kind, "probe");
  if (gate.kind === "probe") lab.circuits.giveProbeBack(gate.circuit, lab.now());
  assert.equal(lab.gate().kind, "probe");
});

test("a probe whose end nobody tells does not keep a target down for ever", () => {
  const lab = start();
  failThroughFour(lab);
  lab.pass(1000);
  lab.gate();
  lab.pass(10 * 60_000);
  assert.equal(lab.gate().kind, "probe");
});

test("a target that asks for a time is left alone for it", () => {
  const lab = start();
  const attributed = { fault: fault("relay.edge_5xx", "503", { retryAfterMs: 20_000 }), role: "target", hop: 2 } as const;
  for (const exit of ["a", "b", "c", "d"]) lab.fail(exit, exit, { attributed, status: 503 });
  const gate = lab.gate();
  assert.equal(gate.kind === "open" && gate.retryAfterMs, 20_000);
});

test("where answers differ by path, one path is down and the others are asked", () => {
  const lab = start();
  const api: Where = { target: SHOP.target, path: "/api/items?page=2", scope: "path" };
  for (const exit of ["a", "b", "c", "d"]) lab.fail(exit, exit, { status: 503 }, api);
  assert.equal(lab.gate({ ...api, path: "/api/users" }).kind, "open");
  assert.equal(lab.gate({ ...api, path: "/apix" }).kind, "closed");
  assert.equal(lab.gate({ ...api, path: null }).kind, "closed");
});

test("a target that answers the probe with a 503 is back, but for that path", () => {
  const lab = start();
  failThroughFour(lab);
  lab.pass(1000);
  const api: Where = { target: SHOP.target, path: "/api", scope: "path" };
  assert.equal(lab.gate(api).kind, "probe");
  lab.fail("a", "k1", { status: 503, isProbe: true }, api);
  assert.equal(lab.gate(api).kind, "closed");
});

test("in doubt a control connection is asked for, once; that it works leaves the circuit closed, that it fails opens it", () => {
  const rules: CircuitRules = { ...RULES, control: "direct" };
  for (const failed of [false, true]) {
    const lab = start(rules);
    const doubt = failThroughFour(lab).at(-1);
    assert.equal(doubt?.kind, "doubt");
    assert.equal(lab.fail("e", "k3").kind, "counted", "never two at once");
    assert.equal(lab.gate().kind, "closed");
    if (doubt?.kind !== "doubt") return;
    const attributed = { fault: fault("handshake.target_refused", "refused"), role: "exit", hop: 2 } as const;
    const failure: TargetFailure = { attributed, status: null, exit: "d", kin: "k2", exchange: "4", isProbe: false };
    lab.circuits.controlled(doubt.circuit, failure, { failed, words: "a direct connection failed too", rules, now: lab.now() });
    const gate = lab.gate();
    assert.equal(gate.kind, failed ? "open" : "closed");
    if (gate.kind === "open") assert.equal(gate.evidence.at(-1), "a direct connection failed too");
    assert.equal(lab.fail("f", "k4").kind, "counted", "its word holds for a while");
  }
});

test("a path whose probe cannot reach the target at all stays down, and has a next probe", () => {
  const lab = start();
  const api: Where = { target: SHOP.target, path: "/api", scope: "path" };
  for (const exit of ["a", "b", "c", "d"]) lab.fail(exit, exit, { status: 503 }, api);
  lab.pass(1000);
  assert.equal(lab.gate(api).kind, "probe");
  lab.fail("e", "k5", { isProbe: true }, { ...api, scope: "target" });
  assert.equal(lab.gate(api).kind, "open");
  assert.equal(lab.states.at(-1), "open");
  lab.pass(2000);
  assert.equal(lab.gate(api).kind, "probe");
});

test("what a control connection shows of a target that has come back meanwhile, or was forgotten, opens nothing", () => {
  const rules: CircuitRules = { ...RULES, control: "direct" };
  const attributed = { fault: fault("handshake.target_refused", "refused"), role: "exit", hop: 2 } as const;
  const failure: TargetFailure = { attributed, status: null, exit: "d", kin: "k2", exchange: "4", isProbe: false };
  for (const what of ["back", "forgotten"]) {
    const lab = start(rules);
    const doubt = failThroughFour(lab).at(-1);
    assert.ok(doubt?.kind === "doubt");
    if (what === "back") lab.work();
    else for (let i = 0; i < 10_000; i++) lab.fail("a", "k1", {}, { ...SHOP, target: `t${i}.example:80` });
    lab.circuits.controlled(doubt.circuit, failure, { failed: true, words: "", rules, now: lab.now() });
    assert.equal(lab.gate().kind, "closed", what);
    assert.deepEqual(lab.states, [], what);
  }
});

test("failures: 0 switches circuits off", () => {
  const lab = start({ ...RULES, failures: 0 });
  failThroughFour(lab);
  assert.equal(lab.gate().kind, "closed");
});

test("remembers no more targets than its bound, and forgets those that work", () => {
  const lab = start();
  for (let i = 0; i < 10_500; i++) lab.fail("a", "k1", {}, { ...SHOP, target: `t${i}.example:80` });
  assert.equal(lab.circuits.size, 10_000);
  lab.pass(31_000);
  lab.work(lab.now(), { ...SHOP, target: "t10499.example:80" });
  assert.equal(lab.circuits.size, 9999);
});

test("a target that is down and asked for again and again is not forgotten, however many others fail meanwhile", () => {
  const lab = start();
  failThroughFour(lab);
  for (let i = 0; i < 20_000; i++) {
    lab.fail("a", "k1", {}, { ...SHOP, target: `t${i}.example:80` });
    if (i % 1000 > 0) continue;
    lab.pass(8000);
    assert.equal(lab.gate().kind, "probe");
    lab.fail("e", "k3", { isProbe: true });
  }
  assert.equal(lab.gate().kind, "open");
});

test("whatever happens, at most one request at a time is a probe, and an open circuit has a next one", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("fail" as const), exit: fc.constantFrom("a", "b", "c", "d", "e") }),
    fc.record({ kind: fc.constant("work" as const) }),
    fc.record({ kind: fc.constant("gate" as const) }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 5000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const lab = start();
      let probing = false;
      for (const each of steps) {
        if (each.kind === "fail") {
          lab.fail(each.exit, each.exit, { isProbe: probing });
          probing = false;
        } else if (each.kind === "work") {
          lab.work();
          probing = false;
        } else if (each.kind === "pass") lab.pass(each.ms);
        const gate = lab.gate();
        if (gate.kind === "probe") {
          assert.ok(!probing);
          probing = true;
        }
        if (gate.kind === "open") assert.ok(gate.retryAfterMs <= RULES.probeMax);
      }
    }),
    { numRuns: 200 },
  );
});

test("which faults say that a target is down, and how far", () => {
  assert.equal(circuitScopeOf("handshake.target_refused", "origin", null), "target");
  assert.equal(circuitScopeOf("handshake.connect_rejected", "origin", null), "target");
  assert.equal(circuitScopeOf("tls.closed_in_handshake", "origin", null), "target");
  assert.equal(circuitScopeOf("relay.exit_5xx", "origin", 503), "target");
  assert.equal(circuitScopeOf("relay.edge_5xx", "edge", 521), "path");
  assert.equal(circuitScopeOf("head.timeout", "origin", null), "path");
  assert.equal(circuitScopeOf("head.not_http", "origin", null), "path");
  assert.equal(circuitScopeOf("body.truncated", "origin", null), null);
  assert.equal(circuitScopeOf("relay.origin_5xx", "origin", 500), null);
  assert.equal(circuitScopeOf("tls.cert_expired", "origin", null), null);
  assert.equal(circuitScopeOf("head.bad_field", "origin", null), null);
});

test("the first segment of a path", () => {
  assert.deepEqual(["/", "/a", "/a/b", "/a?b=/c", "/?x", "*"].map(firstSegment), ["/", "/a", "/a", "/a", "/", "*"]);
});

test("of few exits all must have failed, but for one that is not asked while the others fail again and again", () => {
  const few = start(RULES, 3);
  for (let i = 0; i < 11; i++) few.fail(`e${i % 2}`, `net ${i % 2}`);
  assert.deepEqual(few.states, []);
  few.fail("e1", "net 1");
  assert.deepEqual(few.states, ["open"]);
  const lone = start(RULES, 2);
  for (let i = 0; i < 30; i++) lone.fail("e0", "net 0");
  assert.deepEqual(lone.states, [], "one exit tells of itself alone, as long as there is another");
  const many = start(RULES, 20);
  for (let i = 0; i < 30; i++) many.fail(`e${i % 3}`, `net ${i % 3}`);
  assert.deepEqual(many.states, [], "where there are more, they are asked");
});
