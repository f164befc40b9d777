import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { fault } from "../../src/core/fault.ts";
import { NO_PARAMS, type RequestParams } from "../../src/core/params.ts";
import type { Exit } from "../../src/core/route.ts";
import { Revisions } from "../../src/exchange/revisions.ts";
import { Pool } from "../../src/pool/pool.ts";
import { parseExits } from "../gateway/lab-gateway.ts";
import { attemptRecord } from "../observe/records.ts";

const target = { scheme: "tcp", host: "shop.example", port: 443 } as const;
const failure = { fault: fault("tls.closed_in_handshake", "closed"), culprit: "origin", role: "target" } as const;

/** A pool of five providers' exits, all of which have reached another target. */
function start() {
  const events: GatewayEvent[] = [];
  const report = (event: GatewayEvent) => events.push(event);
  const clock = { now: () => 1000, wall: () => 0 };
  const pool = new Pool({ settings: DEFAULTS.pool, clock, random: () => 0.5, report });
  pool.load(["a", "b", "c", "d", "e"].map((id) => exitOf(id)));
  return { events, pool, revisions: new Revisions({ pool, clock, report }) };
}

function exitOf(id: string, host: string = `${id}.exit.lab`): Exit {
  return parseExits([`http://${host}:8080 id=${id} provider=${id}`])[0] as Exit;
}

function failThroughAll(pool: Pool): void {
  const tried = new Set<string>();
  for (let lease = pool.take({ target, params: NO_PARAMS }, tried); lease !== null && tried.size < 5; ) {
    tried.add(lease.exit.id);
    pool.settle(lease, { kind: "failed", ...failure });
    lease = pool.take({ target, params: NO_PARAMS }, tried);
  }
}

const isDown: GatewayEvent = {
  type: "circuit-changed",
  target: "shop.example:443",
  path: null,
  from: "closed",
  to: "open",
  reason: "it failed",
  forMs: 1000,
};

for (const isOpen of [false, true]) {
  test(`a target that turns out to be down revises what was told of an exit${isOpen ? ", in the record itself where nothing was told yet" : ""}`, () => {
    const { events, pool, revisions } = start();
    const record = attemptRecord({ fault: "tls.closed_in_handshake", culprit: "exit", confidence: 0.7 });
    const route = { exit: exitOf("a"), target };
    revisions.remember({ id: "X1", attempt: 2, route, failure, record, isOpen: () => isOpen }, "exit");
    failThroughAll(pool);
    revisions.hear(isDown);
    revisions.hear(isDown);
    const told = events.filter(({ type }) => type === "verdict-revised");
    assert.equal(record.culprit, isOpen ? "origin" : "exit");
    const reason = "the target shop.example:443 turned out to be down";
    assert.deepEqual(told, isOpen ? [] : [{ type: "verdict-revised", id: "X1", attempt: 2, from: "exit", to: "origin", reason }]);
  });
}

test("another target's verdicts are left alone", () => {
  const { events, pool, revisions } = start();
  const route = { exit: exitOf("a"), target: { ...target, host: "other.example" } };
  revisions.remember({ id: "X1", attempt: 1, route, failure, record: attemptRecord({}), isOpen: () => false }, "exit");
  failThroughAll(pool);
  revisions.hear(isDown);
  assert.deepEqual(
    events.filter(({ type }) => type === "verdict-revised"),
    [],
  );
});

for (const [benchedOver, state] of [
  ["shop.example", "untried"],
  ["other.example", "benched"],
] as const) {
  test(`an exit that was benched over ${benchedOver} is ${state} once shop.example turns out to be down`, () => {
    const { pool, revisions } = start();
    const want = { target: { ...target, host: benchedOver }, params: { ...NO_PARAMS, filter: { exit: "a", tags: {} } } };
    const lease = pool.take(want, new Set());
    assert.ok(lease !== null);
    const exits = { ...failure, fault: { ...failure.fault, culprit: "exit", confidence: 0.9 }, culprit: "exit" } as const;
    pool.settle(lease, { kind: "failed", ...exits });
    assert.equal(pool.find("a")?.state, "benched");
    const route = { exit: exitOf("a"), target };
    revisions.remember({ id: "X1", attempt: 1, route, failure, record: attemptRecord({}), isOpen: () => false }, "exit");
    failThroughAll(pool);
    revisions.hear(isDown);
    assert.equal(pool.find("a")?.state, state);
  });
}

/** What an exit does that closes each tunnel: it fails for others too. */
function breakExit(pool: Pool, id: string): void {
  for (const host of ["b", "c", "d", "e"]) {
    for (const exit of ["b", "c", "d", "e"]) {
      const other = pool.take({ target: { ...target, host: `${host}.example` }, params: only(exit) }, new Set());
      if (other !== null) pool.settle(other, { kind: "answered", ms: 100 });
    }
    const lease = pool.take({ target: { ...target, host: `${host}.example` }, params: only(id) }, new Set());
    if (lease !== null) pool.settle(lease, { kind: "failed", ...failure });
  }
}

function only(exit: string): RequestParams {
  return { ...NO_PARAMS, filter: { exit, tags: {} } };
}

for (const isMoved of [false, true]) {
  test(`an exit that turns out to be broken ${isMoved ? "says nothing of what failed over the address that it had before" : "revises what was told of a target"}`, () => {
    const { events, pool, revisions } = start();
    revisions.remember(
      { id: "X1", attempt: 1, route: { exit: exitOf("a"), target }, failure, record: attemptRecord({}), isOpen: () => false },
      "origin",
    );
    if (isMoved) pool.change([exitOf("a", "new-a.exit.lab")], []);
    breakExit(pool, "a");
    assert.equal(pool.find("a")?.state, "benched");
    for (const event of events.filter(({ type }) => type === "hop-changed")) revisions.hear(event);
    const told = events.filter(({ type }) => type === "verdict-revised").map((event) => event.type === "verdict-revised" && event.to);
    assert.deepEqual(told, isMoved ? [] : ["exit"]);
  });
}

test("an exit stays benched for what it does at its new address, whatever failed at the old one", () => {
  const { pool, revisions } = start();
  const exits = { ...failure, fault: { ...failure.fault, culprit: "exit", confidence: 0.9 }, culprit: "exit" } as const;
  revisions.remember(
    { id: "X1", attempt: 1, route: { exit: exitOf("a"), target }, failure, record: attemptRecord({}), isOpen: () => false },
    "exit",
  );
  pool.change([exitOf("a", "new-a.exit.lab")], []);
  const lease = pool.take({ target, params: only("a") }, new Set());
  assert.ok(lease !== null);
  pool.settle(lease, { kind: "failed", ...exits });
  failThroughAll(pool);
  revisions.hear(isDown);
  assert.equal(pool.find("a")?.state, "benched");
});
