import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../src/check/calls.ts";
import { seeCertificate } from "../../src/check/judge-calls.ts";
import { type LabConnection, splice } from "../../src/lab/lab-connection.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { Cancellation } from "../../src/net/cancellation.ts";
import { ClientHelloReader, RECORD_HEADER_BYTES } from "../../src/wire/tls-record.ts";
import { type Checking, candidateOf, startChecking } from "./checking.ts";

/** supported_versions with TLS 1.3 and 1.2, as a client sends it that means to go on (RFC 8446 4.2.1). */
const BOTH_VERSIONS = Buffer.from("002b0005040304", "hex");
const FAR_MS = 60_000;

/** What comes of the `count`th tunnel; null: it is one. */
type Spoilt = (count: number) => ((peer: LabConnection) => Promise<void>) | null;

/** Sees the certificate of a judge by its name, through a proxy that does this with its tunnels. */
async function see(checking: Checking, { isLoopback, spoilt = () => null }: { isLoopback: boolean; spoilt?: Spoilt }) {
  const hellos: Buffer[] = [];
  await using exit = await startWebProxy({
    tunnel: async (peer, to, carrier) => {
      const length = RECORD_HEADER_BYTES + Buffer.from(await peer.reader.peek(RECORD_HEADER_BYTES)).readUInt16BE(3);
      hellos.push(Buffer.from(await peer.reader.peek(length)).subarray(0, length));
      const spoil = spoilt(hellos.length);
      if (spoil === null) await splice(peer, await carrier.dial(to));
      else await spoil(peer);
    },
  });
  const calls = new Calls(checking.context);
  const turn = { deadline: checking.context.clock.now() + FAR_MS, signal: new Cancellation(), onConnected: null };
  const judge = { ...checking.judge, isLoopback };
  const seen = await seeCertificate(calls, candidateOf(`http://${exit.host}:${exit.port}`).exit, judge, "localhost", turn);
  await exit.whenLeft(exit.accepted);
  return { seen, hellos };
}

const aClose = async (peer: LabConnection) => await peer.end();
const aSilence = async (peer: LabConnection) => {
  await peer.skip();
  await peer.end();
};

test("Our own judge's certificate is seen by a look that agrees on nothing, and no connection is left.", async () => {
  await using checking = await startChecking();
  const { seen, hellos } = await see(checking, { isLoopback: true });
  assert.deepEqual([seen.kind, seen.certificate], ["seen", checking.judge.certificate]);
  assert.equal(hellos.length, 1);
  const hello = new ClientHelloReader();
  assert.equal(hello.push(hellos[0] as Buffer), "complete");
  assert.equal(hello.serverName, "localhost");
  assert.ok(!hellos[0]?.includes(BOTH_VERSIONS));
});

test("Another judge is asked for a whole handshake: nobody knows whether it shows its certificate to who looks.", async () => {
  await using checking = await startChecking();
  const { seen, hellos } = await see(checking, { isLoopback: false });
  assert.deepEqual([seen.kind, seen.certificate], ["seen", checking.judge.certificate]);
  assert.deepEqual(
    hellos.map((hello) => hello.includes(BOTH_VERSIONS)),
    [true],
  );
});

test("Where a look shows nothing, two whole handshakes follow.", async () => {
  await using checking = await startChecking();
  const { seen, hellos } = await see(checking, { isLoopback: true, spoilt: (count) => (count === 1 ? aClose : null) });
  assert.deepEqual([seen.kind, seen.certificate], ["seen", checking.judge.certificate]);
  assert.deepEqual(
    hellos.map((hello) => hello.includes(BOTH_VERSIONS)),
    [false, true, true],
  );
});

test("Of two handshakes after a look that shows nothing, the one that fails counts.", async () => {
  await using checking = await startChecking();
  const { seen } = await see(checking, { isLoopback: true, spoilt: (count) => (count === 2 ? null : aClose) });
  assert.ok(seen.kind === "failed");
  assert.equal(seen.attributed.fault.id, "tls.closed_in_handshake");
});

test("A look that meets silence waits for no longer than any handshake, and is not followed by another.", { timeout: 20_000 }, async () => {
  await using checking = await startChecking({ timeoutMs: 500 });
  const { seen, hellos } = await see(checking, { isLoopback: true, spoilt: () => aSilence });
  assert.ok(seen.kind === "failed");
  assert.deepEqual([seen.attributed.fault.id, seen.attributed.role, hellos.length], ["tls.handshake_timeout", "target", 1]);
});
