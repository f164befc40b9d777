import assert from "node:assert/strict";
import test from "node:test";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { ExchangeFaultId } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { configureFor, type Stage } from "../../src/lab/stages/stage.ts";
import { MORE_STAGES, STAGES } from "../../src/lab/stages.ts";

/** Those of checks are staged by proxies that lie, not by exchanges. */
const FAULT_IDS = Object.keys(FAULTS).filter((id): id is ExchangeFaultId => !id.startsWith("honesty."));
const ALL: readonly Stage[] = [...Object.values(STAGES), ...MORE_STAGES];

test("every fault of an exchange is staged, under its own id", () => {
  assert.ok(FAULT_IDS.length > 90);
  for (const id of FAULT_IDS) assert.equal(STAGES[id].expected.fault, id);
});

test("what a stage expects of an answer that the gateway makes is what the table says", () => {
  for (const { title, expected } of ALL) {
    const { status, fault, outcome, ending } = expected;
    if (outcome === "failed" && ending === "complete") assert.equal(status, FAULTS[fault].status, title);
    if (fault.startsWith("client.")) assert.equal(expected.culprit, "client", title);
  }
});

test("no two stages have the same title", () => {
  const titles = ALL.map(({ title }) => title);
  assert.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  );
});

test("every stage's world starts and stops, with a config for a gateway on a free port of loopback", async () => {
  const base = defaultConfig();
  for (const stage of ALL) {
    await using world = await stage.start();
    const config = configureFor(world, base);
    assert.deepEqual([config.listeners[0]?.host, config.listeners[0]?.port, config.admin], ["127.0.0.1", 0, null]);
    assert.equal(config.exchange.direct, world.exits.length === 0 ? "only" : "never", stage.title);
    if (world.rescuer) assert.ok(!world.exits.some(({ id }) => id === world.rescuer?.id), stage.title);
  }
});
