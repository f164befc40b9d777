import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { GatewayEvent } from "../../src/core/event.ts";
import { fault } from "../../src/core/fault.ts";
import { NO_PARAMS } from "../../src/core/params.ts";
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
  pool.load(parseExits(["a", "b", "c", "d", "e"].map((id) => `http://${id}.exit.lab:8080 id=${id} provider=${id}`)));
  return { events, pool, revisions: new Revisions({ pool, clock, report }) };
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
    const way = { exit: "a", kin: "provider a", target: "shop.example:443" };
    revisions.remember({ id: "X1", attempt: 2, way, failure, record, isOpen: () => isOpen }, "exit");
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
  const way = { exit: "a", kin: "provider a", target: "other.example:443" };
  revisions.remember({ id: "X1", attempt: 1, way, failure, record: attemptRecord({}), isOpen: () => false }, "exit");
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
    const way = { exit: "a", kin: "provider a", target: "shop.example:443" };
    revisions.remember({ id: "X1", attempt: 1, way, failure, record: attemptRecord({}), isOpen: () => false }, "exit");
    failThroughAll(pool);
    revisions.hear(isDown);
    assert.equal(pool.find("a")?.state, state);
  });
}
