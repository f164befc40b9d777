import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../../src/app.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import { configureFor, type Stage } from "../../src/lab/stages/stage.ts";
import { MORE_STAGES, STAGES } from "../../src/lab/stages.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { fieldValue } from "../../src/core/message.ts";
import type { Exit } from "../../src/core/route.ts";

/** Plays a stage against a whole gateway; gives what the client saw, the exchange's record, and the log. */
async function play(stage: Stage, withRescuer: boolean) {
  await using world = await stage.start();
  const exits: readonly Exit[] = withRescuer && world.rescuer !== null ? [...world.exits, world.rescuer] : world.exits;
  const records: ExchangeRecord[] = [];
  const lines: string[] = [];
  await using gateway = await startGateway(configureFor(world, defaultConfig(), exits), {
    resolver: world.resolver,
    connectTcp: world.connectTcp,
    random: () => 0,
    log: (line) => lines.push(line),
    report: (event) => {
      if (event.type === "exchange-ended") records.push(event.record);
    },
  });
  const answer = await world.play(gateway);
  await gateway.drain(10_000);
  return { answer, record: records.at(-1) ?? null, lines, exits: gateway.pool.snapshot() };
}

const stages: readonly Stage[] = [...Object.values(STAGES), ...MORE_STAGES];

test("the lab stages every fault", () => {
  assert.ok(stages.length >= 80, `only ${stages.length} stages`);
});

for (const stage of stages) {
  const { expected } = stage;
  test(`${stage.title}: ${expected.fault}, culprit ${expected.culprit}`, async () => {
    const { answer, record, lines, exits } = await play(stage, false);
    assert.equal(answer.status, expected.status, `status ${answer.status} ${answer.reason}`);
    assert.equal(answer.ending === "complete" ? "complete" : "broken", expected.ending);
    if (expected.outcome === null) return;
    assert.ok(record !== null, "no exchange was recorded");
    const told = record.verdict ?? record.attempts.find(({ fault }) => fault !== null) ?? null;
    assert.equal(told?.fault, expected.fault, JSON.stringify(record, null, 1));
    assert.equal(told?.culprit, expected.culprit);
    assert.equal(record.outcome, expected.outcome);
    assert.equal(record.attempts.length, expected.attempts);
    for (const exit of exits) assert.equal(exit.inFlight, 0, `${exit.id} is still leased`);
    if (expected.outcome === "failed" && expected.status !== null && expected.ending === "complete") {
      const [member] = parseProxyStatus(fieldValue(answer.fields, "proxy-status") ?? "") ?? [];
      assert.equal(member?.params["fault"], expected.fault);
      assert.match(answer.reason, new RegExp(expected.fault));
    }
    if (expected.outcome === "failed") assert.ok(lines.some((line) => line.includes(expected.fault)), "no log line has the fault");
  });
}

for (const stage of stages) {
  test(`with a good exit beside it: ${stage.title}`, async (t) => {
    await using world = await stage.start();
    if (world.rescuer === null) {
      t.skip("no exit can rescue it");
      return;
    }
    const { answer, record } = await play(stage, true);
    assert.ok(answer.status !== null && answer.status < 500, `status ${answer.status} ${answer.reason}`);
    assert.equal(record?.outcome, "rescued");
    assert.ok((record?.attempts.length ?? 0) > 1);
  });
}
