import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterBytes, fin, neverReads, rst, says, silence } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { type Behaviour, type LabServer, type LabTls, startLabServer } from "../../src/lab/lab-server.ts";
import { alerts, badTls } from "../../src/lab/tls-trouble.ts";
import { createSelfSigned } from "../../src/net/certificate.ts";
import { connectTcp } from "../../src/net/connect-tcp.ts";
import { Connection } from "../../src/net/connection.ts";
import { startTls, type TlsOptions, type TlsOutcome } from "../../src/net/start-tls.ts";

const NAME = "site.lab";
const authority = createAuthority();
const identity = authority.issue({ names: [NAME, "127.0.0.1"] });
const verify: TlsOptions = {
  serverName: NAME,
  insecure: false,
  timeoutMs: 20_000,
  alpn: [],
  ca: [authority.cert],
  signal: null,
};
const impatient: TlsOptions = { ...verify, timeoutMs: 100 };

/** A socket as a connection gives it away that has read on it. */
async function dial(server: LabServer): Promise<Socket> {
  return (await connectTo(server)).release();
}

async function connectTo(server: LabServer): Promise<Connection> {
  const outcome = await connectTcp([server.host], server.port, { timeoutMs: 20_000, attemptDelayMs: 250, signal: null });
  assert.ok("socket" in outcome);
  return new Connection(outcome.socket, outcome.socket, outcome.intake);
}

/** A handshake with a server that behaves so, and the socket that it was tried on. */
async function shake(behave: Behaviour, tls: LabTls | null = null, options = verify): Promise<{ raw: Socket; outcome: TlsOutcome }> {
  await using server = await startLabServer(behave, tls);
  const raw = await dial(server);
  return { raw, outcome: await startTls(raw, options) };
}

/** What the failed handshake was told to be: `how` or its code, and the first bytes as latin1. */
async function failure(behave: Behaviour, tls: LabTls | null = null, options = verify): Promise<[string, string]> {
  const { raw, outcome } = await shake(behave, tls, options);
  assert.ok("interruption" in outcome, "the handshake worked");
  assert.equal(raw.destroyed, true);
  const { interruption, seen } = outcome;
  return [interruption.how === "errno" ? interruption.code : interruption.how, Buffer.from(seen.firstBytes).toString("latin1")];
}

function opened(outcome: TlsOutcome): TLSSocket {
  assert.ok("socket" in outcome, JSON.stringify(outcome));
  return outcome.socket;
}

const HALF_A_SERVER_HELLO = Buffer.of(0x16, 3, 3, 0, 100, 2, 0);
const HTTP_ERROR = "HTTP/1.1 400 Bad Request\r\n\r\n";

test("A peer that closes without a word is closed with nothing seen, one that resets is reset.", async () => {
  assert.deepEqual(await failure(afterBytes(fin)), ["closed", ""]);
  assert.deepEqual(await failure(afterBytes(rst)), ["reset", ""]);
});

test("A peer that says nothing, or stops within a record, is a timeout.", async () => {
  assert.deepEqual(await failure(silence, null, impatient), ["timeout", ""]);
  const half = HALF_A_SERVER_HELLO;
  assert.deepEqual(await failure(afterBytes(says(half, silence)), null, impatient), ["timeout", half.toString("latin1")]);
});

test("A peer that closes or resets within a record is told from one that was silent by what it had sent.", async () => {
  const half = HALF_A_SERVER_HELLO;
  assert.deepEqual(await failure(afterBytes(says(half, fin))), ["closed", half.toString("latin1")]);
  const [how] = await failure(afterBytes(says(half, rst)));
  assert.equal(how, "reset");
});

test("Of a peer that speaks another protocol its first bytes are kept, even if it resets right after them.", async () => {
  for (const banner of [HTTP_ERROR, "SSH-2.0-OpenSSH_9.2\r\n", "220 mail.lab ESMTP\r\n", "\x05\xff\x00\x00\x00\x00\x00"]) {
    assert.deepEqual(await failure(afterBytes(says(banner, silence))), ["ERR_SSL_WRONG_VERSION_NUMBER", banner]);
    assert.deepEqual(await failure(afterBytes(says(banner, fin))), ["ERR_SSL_WRONG_VERSION_NUMBER", banner]);
  }
});

test("A foreign answer too short for a TLS record header counts as closed, with the bytes seen.", async () => {
  assert.deepEqual(await failure(afterBytes(says("no", fin))), ["closed", "no"]);
});

test("Only the first 64 bytes are kept, and all are counted.", async () => {
  const { outcome } = await shake(afterBytes(says("x".repeat(1_000), silence)));
  assert.ok("interruption" in outcome);
  assert.equal(outcome.seen.firstBytes.length, 64);
  assert.equal(outcome.seen.firstBytes.buffer.byteLength, 64, "they hold on to more than themselves");
  assert.equal(outcome.seen.bytesIn, 1_000);
  assert.ok(outcome.seen.bytesOut > 100); // the ClientHello
});

test("An alert is an OpenSSL code, and its record is there to be read.", async () => {
  for (const [alert, code] of [
    [70, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"],
    [112, "ERR_SSL_TLSV1_UNRECOGNIZED_NAME"],
    [120, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"],
  ] as const) {
    assert.deepEqual(await failure(alerts(alert)), [code, `\x15\x03\x03\x00\x02\x02${String.fromCharCode(alert)}`]);
  }
  const [code] = await failure(alerts(40)); // OpenSSL has changed the words of this one
  assert.match(code, /^ERR_SSL_.*ALERT_HANDSHAKE_FAILURE$/);
});

test("Every fault of a certificate has its own code.", async () => {
  const bad = badTls(authority, NAME);
  assert.equal((await failure(silence, bad.expired))[0], "CERT_HAS_EXPIRED");
  assert.equal((await failure(silence, bad.notYetValid))[0], "CERT_NOT_YET_VALID");
  assert.equal((await failure(silence, bad.wrongName))[0], "ERR_TLS_CERT_ALTNAME_INVALID");
  assert.equal((await failure(silence, bad.selfSigned))[0], "DEPTH_ZERO_SELF_SIGNED_CERT");
  const stranger = createAuthority("Nobody's authority").issue({ names: [NAME] });
  assert.equal((await failure(silence, stranger))[0], "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("Without authorities of its own it trusts what Node trusts, which is not the lab.", async () => {
  assert.equal((await failure(silence, identity, { ...verify, ca: null }))[0], "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
});

test("An insecure handshake takes any certificate.", async () => {
  for (const tls of Object.values(badTls(authority, NAME)).slice(0, 4)) {
    const { outcome } = await shake(silence, tls, { ...verify, insecure: true });
    opened(outcome).destroy();
  }
});

test("An IP address is checked against the certificate's addresses and not sent as a server name.", async () => {
  const seen: (string | false | null)[] = [];
  const serve: Behaviour = async (peer) => {
    await peer.reader.peek(1);
    seen.push((peer.stream as TLSSocket & { servername: string | false | null }).servername);
    await peer.end();
  };
  for (const serverName of ["127.0.0.1", NAME, `${NAME}.`]) {
    await using server = await startLabServer(serve, identity);
    const tls = opened(await startTls(await dial(server), { ...verify, serverName }));
    tls.end("hello").resume();
    await once(tls, "close");
  }
  assert.deepEqual(
    seen.map((name) => name || null),
    [null, NAME, NAME],
  );
  assert.equal((await failure(silence, identity, { ...verify, serverName: "127.0.0.2" }))[0], "ERR_TLS_CERT_ALTNAME_INVALID");
});

test("The protocol that was agreed on is the socket's.", async () => {
  const { outcome } = await shake(silence, { ...identity, ALPNProtocols: ["h2", "http/1.1"] }, { ...verify, alpn: ["http/1.1"] });
  assert.equal(opened(outcome).alpnProtocol, "http/1.1");
  const [code] = await failure(silence, badTls(authority, NAME).onlyHttp2, { ...verify, alpn: ["http/1.1"] });
  assert.equal(code, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
});

test("A server that wants a certificate says so in the handshake of TLS 1.2, and after that of TLS 1.3.", async () => {
  const wants = badTls(authority, NAME).wantsCertificate;
  assert.match((await failure(silence, { ...wants, maxVersion: "TLSv1.2" }))[0], /^ERR_SSL_.*ALERT/);
  await using server = await startLabServer(silence, wants);
  const tls = opened(await startTls(await dial(server), verify));
  const [error] = await once(tls.resume(), "error").catch((thrown) => [thrown]);
  assert.equal(error.code, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
  tls.destroy();
});

test("A client that leaves ends the handshake, and neither listener nor timer stays.", async () => {
  await using server = await startLabServer(silence);
  const raw = await dial(server);
  const timers = countTimers();
  const controller = new AbortController();
  const running = startTls(raw, { ...verify, signal: controller.signal });
  await server.whenAccepted(1);
  controller.abort();
  const outcome = await running;
  assert.deepEqual("interruption" in outcome && outcome.interruption, { how: "left" });
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  assert.equal(countTimers(), timers);
  assert.equal(raw.destroyed, true);
});

test("A client that has left before sends no ClientHello.", async () => {
  const { raw, outcome } = await shake(silence, identity, { ...verify, signal: AbortSignal.abort() });
  assert.deepEqual("interruption" in outcome && [outcome.interruption, outcome.seen.bytesOut], [{ how: "left" }, 0]);
  assert.equal(raw.destroyed, true);
});

test("A connection that died before the handshake began is told as it died.", async () => {
  await using server = await startLabServer(afterBytes(rst));
  const raw = await dial(server);
  raw.write("x");
  await new Promise((resolve) => raw.resume().once("close", resolve));
  const outcome = await startTls(raw, verify);
  assert.deepEqual("interruption" in outcome && outcome.interruption, { how: "reset" });

  await using closing = await startLabServer(fin);
  const ended = await dial(closing);
  await once(ended.resume(), "end");
  const late = await startTls(ended, verify);
  assert.deepEqual("interruption" in late && late.interruption, { how: "closed" });
});

test("Nothing that came early is lost: the socket comes back paused.", async () => {
  await using server = await startLabServer(says("220 early\r\n", fin), identity);
  const tls = opened(await startTls(await dial(server), verify));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await text(tls), "220 early\r\n");
});

test("Bytes that the connection's last owner pushed back are read first.", async () => {
  await using server = await startLabServer(afterBytes(says("more\r\n", silence)));
  const connection = await connectTo(server);
  connection.unread(Buffer.from("SSH-2.0-old\r\n"));
  const outcome = await startTls(connection.release(), verify);
  assert.ok("interruption" in outcome);
  assert.equal(Buffer.from(outcome.seen.firstBytes).toString(), "SSH-2.0-old\r\n");
});

test("TLS begins on a connection that has read before, and an end that came with its last bytes is told behind them.", async () => {
  const tunnel: Behaviour = async (peer) => {
    await peer.reader.until("\r\n\r\n");
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.stream.end(HALF_A_SERVER_HELLO);
  };
  await using server = await startLabServer(tunnel);
  const connection = await connectTo(server);
  let held = Buffer.alloc(0);
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  connection.own({
    onData: (chunk) => {
      held = Buffer.concat([held, chunk]);
      if (held.includes("\r\n\r\n")) resolve();
    },
    onEnd: () => {},
    onClose: () => {},
    onDrain: () => {},
  });
  connection.write("CONNECT site.lab:443 HTTP/1.1\r\n\r\n");
  await answered;
  connection.disown();
  connection.unread(held.subarray(held.indexOf("\r\n\r\n") + 4));
  const outcome = await startTls(connection.release(), verify);
  assert.ok("interruption" in outcome);
  assert.deepEqual(outcome.interruption, { how: "closed" });
  assert.equal(Buffer.compare(outcome.seen.firstBytes, HALF_A_SERVER_HELLO), 0);
});

test("A socket that brings its data as events does as well.", async () => {
  await using server = await startLabServer(says("220 early\r\n", fin), identity);
  const socket = connect({ host: server.host, port: server.port, allowHalfOpen: true });
  assert.equal(await text(opened(await startTls(socket, verify))), "220 early\r\n");
});

test("A side that has ended can still be sent to, and the other way round.", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const tellsThenHears: Behaviour = async (peer) => {
      peer.stream.end("done");
      heard.push((await peer.reader.rest()).toString());
    };
    const heard: string[] = [];
    await using server = await startLabServer(tellsThenHears, { ...identity, maxVersion });
    const tls = opened(await startTls(await dial(server), verify));
    assert.equal(await text(tls), "done");
    tls.end("still heard");
    await once(tls, "close");
    assert.deepEqual(heard, ["still heard"]);

    await using echo = await startLabServer(async (peer) => void peer.stream.end(await peer.reader.rest()), { ...identity, maxVersion });
    const other = opened(await startTls(await dial(echo), verify));
    other.end("all of it");
    assert.equal(await text(other), "all of it");
  }
});

test("A FIN without close_notify is visible as a truncation, an orderly end is none.", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const cut: Behaviour = async (peer) => {
      await peer.send("half of");
      peer.wire.end();
    };
    for (const [behave, truncated] of [
      [cut, true],
      [says("all", fin), false],
    ] as const) {
      await using server = await startLabServer(behave, { ...identity, maxVersion });
      const outcome = await startTls(await dial(server), verify);
      const tls = opened(outcome);
      await text(tls);
      tls.end();
      await once(tls, "close");
      assert.equal(outcome.seen.truncated, truncated);
    }
  }
});

test("An RST in mid-stream is an error of the TLS socket, and closes it.", async () => {
  await using server = await startLabServer(afterBytes(rst), identity);
  const tls = opened(await startTls(await dial(server), verify));
  const errors: NodeJS.ErrnoException[] = [];
  tls.on("error", (error) => errors.push(error));
  tls.write("x");
  await new Promise((resolve) => tls.resume().once("close", resolve));
  assert.deepEqual(
    errors.map(({ code }) => code),
    ["ECONNRESET"],
  );
});

test("Megabytes pass both ways unchanged, however slowly they are read.", async () => {
  await using server = await startLabServer(async (peer) => void peer.stream.end(await peer.reader.rest()), identity);
  const tls = opened(await startTls(await dial(server), verify));
  const sent = Buffer.from(Uint32Array.from({ length: 750_000 }, (_, index) => index * 31).buffer);
  tls.end(sent);
  const chunks: Buffer[] = [];
  for await (const chunk of tls) {
    chunks.push(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(Buffer.compare(Buffer.concat(chunks), sent), 0);
});

test("A writer that is not read from is held back.", async () => {
  await using server = await startLabServer(neverReads, identity);
  const raw = await dial(server);
  const tls = opened(await startTls(raw, verify));
  const chunk = Buffer.alloc(65_536);
  let accepted = 0;
  while (accepted < 64 * 1024 * 1024 && (tls.write(chunk) || (await drained(tls)))) accepted += chunk.length;
  assert.ok(accepted < 64 * 1024 * 1024);
  tls.destroy();
});

test("TLS runs inside TLS, and what breaks in the inner one is told as in the outer one.", async () => {
  const site = createSelfSigned({ names: [NAME] });
  const inner: Behaviour = async (peer) => {
    const { TLSSocket, createSecureContext } = await import("node:tls");
    const inside = new TLSSocket(peer.stream, { isServer: true, secureContext: createSecureContext(site) });
    inside.on("error", () => {});
    inside.end("inside");
  };
  await using server = await startLabServer(inner, identity);
  const outer = opened(await startTls(await dial(server), verify));
  const tls = opened(await startTls(outer, { ...verify, ca: [site.cert] }));
  assert.equal(await text(tls), "inside");
  tls.end();
  await once(tls, "close");
  assert.equal(outer.destroyed, true);

  await using plain = await startLabServer(says(HTTP_ERROR, silence), identity);
  const outcome = await startTls(opened(await startTls(await dial(plain), verify)), verify);
  assert.ok("interruption" in outcome);
  assert.deepEqual(outcome.interruption, { how: "errno", code: "ERR_SSL_WRONG_VERSION_NUMBER" });
  assert.equal(Buffer.from(outcome.seen.firstBytes).toString(), HTTP_ERROR);
});

test("Arbitrary answers in arbitrary pieces never do more than fail, and leave nothing open.", async () => {
  const record = fc
    .tuple(fc.constantFrom(20, 21, 22, 23), fc.uint8Array({ maxLength: 80 }))
    .map(([type, body]) => Buffer.of(type, 3, 3, 0, body.length, ...body));
  const piece = fc.oneof(
    record,
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 5 }), fc.constantFrom(fin, rst), async (pieces, last) => {
      const behave = pieces.reduceRight<Behaviour>((then, bytes) => says(bytes, then), last);
      const { raw, outcome } = await shake(afterBytes(behave));
      assert.ok("interruption" in outcome);
      assert.notEqual(outcome.interruption.how, "timeout");
      assert.equal(raw.destroyed, true);
      const sent = Buffer.concat(pieces).subarray(0, outcome.seen.firstBytes.length);
      assert.equal(Buffer.compare(outcome.seen.firstBytes, sent), 0);
    }),
    { numRuns: 100 },
  );
});

async function text(stream: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk)).resume();
  await once(stream, "end");
  return Buffer.concat(chunks).toString();
}

/** Whether the socket takes more within what a loaded machine may need to flush. */
async function drained(socket: TLSSocket): Promise<boolean> {
  return Promise.race([once(socket, "drain").then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 150, false))]);
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
