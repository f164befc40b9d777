import assert from "node:assert/strict";
import { test } from "node:test";
import { fin, silence } from "../../src/lab/behaviours.ts";
import { dialLab, splice } from "../../src/lab/lab-connection.ts";
import { type Behaviour, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { crowdedGate, startChecking } from "./checking.ts";

const lineOf = ({ host, port }: LabServer) => `http://${host}:${port}`;

test("A proxy that has to wait for its turn is left meanwhile, and what it can do is told from a fresh connection.", async () => {
  await using exit = await startWebProxy();
  const gate = crowdedGate(() => exit.whenLeft(1));
  await using checking = await startChecking({ gate });
  const { state, can, samples, honesty } = await checking.check(lineOf(exit));
  assert.deepEqual([state, can.keepAlive.ok, honesty.verdict], ["works", true, "honest"], can.keepAlive.details);
  assert.ok(samples >= 2);
});

test("A proxy that closes after each answer is known for it, though it had to wait for its turn.", async () => {
  await using exit = await startWebProxy({ closes: true });
  await using checking = await startChecking({ gate: crowdedGate(() => exit.whenLeft(1)) });
  const { can } = await checking.check(lineOf(exit));
  assert.deepEqual(can.keepAlive, { ok: false, details: "it closes the connection after one answer" });
});

test("Whether connections are kept is unknown, where the request after the wait fails.", async () => {
  await using web = await startWebProxy();
  let count = 0;
  await using exit = await startLabServer(async (peer) => (++count === 2 ? await peer.end() : await splice(peer, await dialLab(web))));
  await using checking = await startChecking({ gate: crowdedGate(() => exit.whenLeft(1)) });
  const { state, can } = await checking.check(lineOf(exit));
  assert.deepEqual([state, can.keepAlive.ok], ["works", null]);
  assert.match(can.keepAlive.details, /^a request on a fresh connection failed: .*head\.closed_empty/);
});

for (const [how, atSecond, id] of [
  ["ends a connection at", fin, "head.keepalive_race"],
  ["does not answer", silence, "head.timeout"],
] as const) {
  test(`A proxy that ${how} its second request is told the same, whether it had to wait for its turn or not.`, async () => {
    await using web = await startWebProxy();
    const once: Behaviour = async (peer) => {
      const hop = await dialLab(web);
      const first = await peer.reader.next();
      if (first !== null) await hop.send(first);
      if (first?.toString("latin1").startsWith("CONNECT")) return await splice(peer, hop);
      hop.stream.pipe(peer.stream, { end: false });
      if ((await peer.reader.next()) !== null) await atSecond(peer);
      hop.wire.destroy();
      await peer.end();
    };
    await using checking = await startChecking({ timeoutMs: 4000 });
    await using exit = await startLabServer(once);
    const atOnce = await checking.check(lineOf(exit));
    await using other = await startLabServer(once);
    const later = await checking.check(lineOf(other), { gate: crowdedGate(() => other.whenLeft(1)) });
    for (const { state, honesty, can } of [atOnce, later]) {
      assert.deepEqual([state, honesty.verdict, can.keepAlive.ok], ["works", "honest", false]);
      assert.ok(can.keepAlive.details.endsWith(`(${id})`), can.keepAlive.details);
      assert.doesNotMatch(honesty.evidence.join(), /7 KiB/);
    }
  });
}
