import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../../src/app.ts";
import { defaultConfig } from "../../src/config/defaults.ts";
import type { FaultId } from "../../src/core/fault.ts";
import type { AttemptRecord, ExchangeRecord } from "../../src/core/ledger.ts";
import { fieldValue } from "../../src/core/message.ts";
import { configureFor, type Expected, type Stage, type StagedWorld } from "../../src/lab/stages/stage.ts";
import { MORE_STAGES, STAGES } from "../../src/lab/stages.ts";
import { parseProxyStatus } from "../../src/wire/proxy-status.ts";

/** What the client saw, the exchange's record, the log, and what became of the exits. */
type Played = Awaited<ReturnType<typeof play>>;

const stages: readonly Stage[] = [...Object.values(STAGES), ...MORE_STAGES];
let rescues = 0;

test("the lab stages every fault", () => {
  assert.ok(stages.length >= 200, `only ${stages.length} stages`);
});

// Each is played over its own exits, and, where a good exit can rescue it, once more with that one beside them.
for (const stage of stages) {
  const { title, expected } = stage;
  test(`${title}: ${expected.fault}, culprit ${expected.culprit}`, async () => {
    const { played, isRescuable } = await playAlone(stage);
    assertAsExpected(played, expected);
    assertHealth(played);
    if (isRescuable) assertRescued(await playBesideRescuer(stage));
  });
}

test("most faults of an exit can be rescued", () => {
  assert.ok(rescues >= 100, `only ${rescues} rescues`);
});

async function playAlone(stage: Stage): Promise<{ played: Played; isRescuable: boolean }> {
  await using world = await stage.start();
  return { played: await play(world, []), isRescuable: world.rescuer !== null };
}

async function playBesideRescuer(stage: Stage): Promise<Played> {
  await using world = await stage.start();
  assert.ok(world.rescuer !== null);
  return await play(world, [world.rescuer]);
}

/** A whole gateway over the world's exits and more. */
async function play(world: StagedWorld, more: StagedWorld["exits"]) {
  const records: ExchangeRecord[] = [];
  const lines: string[] = [];
  /** Exits that were benched, however short that was. */
  const benched = new Set<string>();
  await using gateway = await startGateway(configureFor(world, defaultConfig(), [...world.exits, ...more]), {
    resolver: world.resolver,
    connectTcp: world.connectTcp,
    random: () => 0,
    log: (line) => lines.push(line),
    report: (event) => {
      if (event.type === "exchange-ended") records.push(event.record);
      if (event.type === "hop-changed" && event.to === "benched") benched.add(event.exit);
    },
  });
  const answer = await world.play(gateway);
  await gateway.drain(10_000);
  return { answer, record: records.at(-1) ?? null, lines, benched, exits: gateway.pool.snapshot() };
}

function assertAsExpected({ answer, record, lines, exits }: Played, expected: Expected): void {
  assert.equal(answer.status, expected.status, `status ${answer.status} ${answer.reason}`);
  assert.equal(answer.ending === "complete" ? "complete" : "broken", expected.ending);
  for (const exit of exits) assert.equal(exit.inFlight, 0, `${exit.id} is still leased`);
  if (expected.outcome === null) return;
  assert.ok(record !== null, "no exchange was recorded");
  const told = record.verdict ?? record.attempts.find(({ fault }) => fault !== null) ?? null;
  assert.equal(told?.fault, expected.fault, JSON.stringify(record, null, 1));
  assert.equal(told?.culprit, expected.culprit);
  assert.equal(record.outcome, expected.outcome);
  assert.equal(record.attempts.length, expected.attempts);
  if (expected.outcome !== "failed") return;
  const hasLine = lines.some((line) => line.includes(expected.fault));
  assert.ok(hasLine, "no log line has the fault");
  if (expected.status === null || expected.ending === "broken") return;
  const [member] = parseProxyStatus(fieldValue(answer.fields, "proxy-status") ?? "") ?? [];
  assert.equal(member?.params["fault"], expected.fault);
  assert.match(answer.reason, new RegExp(expected.fault));
}

/** A target's, a client's or a network's failure is never an exit's: only what is its own, or said wrongly of it, benches it. */
function assertHealth({ record, benched, exits }: Played): void {
  const last = record?.attempts.at(-1) ?? null;
  for (const { id, lastFault } of exits) {
    assertBench(benched.has(id), last?.exit === id ? last : null, `${id} after ${lastFault}`);
  }
}

function assertRescued({ answer, record, benched, exits }: Played): void {
  rescues++;
  assert.ok(answer.status !== null && answer.status < 500, `beside a good exit: status ${answer.status} ${answer.reason}`);
  assert.equal(record?.outcome, "rescued");
  assert.ok(record.attempts.length > 1, "the good exit was first");
  for (const { id, state } of exits) {
    const attempt: AttemptRecord | undefined = record.attempts.find(({ exit }) => exit === id);
    if (id === "good") assert.equal(state, "healthy", "the exit that rescued it");
    else assertBench(benched.has(id), attempt ?? null, `${id} beside a good exit`);
  }
}

/** What proves an exit bad benches it at once; what only may be its own waits for other witnesses; all else never does. */
function assertBench(isBenched: boolean, attempt: AttemptRecord | null, what: string): void {
  if (attempt === null || !deservesBench(attempt)) assert.equal(isBenched, false, what);
  else if (PROOFS.has(attempt.fault as FaultId)) assert.equal(isBenched, true, what);
}

const PROOFS: ReadonlySet<FaultId> = new Set<FaultId>([
  "connect.refused",
  "connect.timeout",
  "dns.nxdomain",
  "handshake.auth_required",
  "handshake.auth_failed",
  "handshake.not_a_proxy",
  "handshake.quota_exceeded",
  "handshake.socks_malformed",
  "handshake.bad_connect_reply",
  "tls.cert_expired",
]);

/** Up to here the fault may as well be another's, as SOCKS reply 1. */
const EVEN = 0.5;

/** What a wrong exit list looks like at any hop, and what only at the exit's own: at the target it is the client's wish. */
const WRONG_LIST: ReadonlySet<FaultId> = new Set<FaultId>([
  "handshake.auth_required",
  "handshake.auth_failed",
  "handshake.not_a_proxy",
  "handshake.quota_exceeded",
]);
const WRONG_SCHEME: ReadonlySet<FaultId> = new Set<FaultId>(["tls.protocol_mismatch", "head.not_http"]);

function deservesBench({ fault, culprit, confidence, hop, route }: AttemptRecord): boolean {
  if (fault === null || confidence === null) return false;
  if (culprit === "exit") return confidence > EVEN;
  const isAtExit = hop < route.length;
  return culprit === "gateway" && (WRONG_LIST.has(fault) || (WRONG_SCHEME.has(fault) && isAtExit));
}
