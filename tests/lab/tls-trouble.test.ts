import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { connect } from "node:tls";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startFullBacklog } from "../../src/lab/full-backlog.ts";
import { dialLab } from "../../src/lab/lab-connection.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startClientTls } from "../../src/lab/raw-client.ts";
import { startSite } from "../../src/lab/site.ts";
import { alerts, type BadTls, badTls, corruptRecord } from "../../src/lab/tls-trouble.ts";

const authority = createAuthority();

const CODES: Readonly<Record<BadTls, string>> = {
  expired: "CERT_HAS_EXPIRED",
  notYetValid: "CERT_NOT_YET_VALID",
  wrongName: "ERR_TLS_CERT_ALTNAME_INVALID",
  selfSigned: "DEPTH_ZERO_SELF_SIGNED_CERT",
  wantsCertificate: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  onlyHttp2: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
};

test("bad certificates and demands fail a client as Node names them", async () => {
  const bad = badTls(authority, "site.lab");
  for (const name of Object.keys(CODES) as BadTls[]) {
    await using site = await startSite(bad[name]);
    assert.equal(await failingCode(site), CODES[name]);
  }
});

test("an alert in place of a ServerHello is seen with its code", async () => {
  for (const [code, expected] of [
    [112, /UNRECOGNIZED_NAME$/],
    [40, /ALERT_HANDSHAKE_FAILURE$/],
    [80, /ALERT_INTERNAL_ERROR$/],
  ] as const) {
    await using server = await startLabServer(alerts(code));
    assert.match((await failingCode(server)) ?? "", expected);
  }
});

test("a corrupt record breaks the stream after a handshake that worked", async () => {
  await using server = await startLabServer(corruptRecord, authority.issue({ names: ["site.lab"] }));
  assert.equal(await failingCode(server), "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC");
});

test("a TLS server that is disposed of frees its port", async () => {
  const site = await startSite(authority.issue({ names: ["site.lab"] }));
  const peer = await startClientTls(await dialLab(site), { servername: "site.lab", ca: authority.cert });
  await site[Symbol.asyncDispose]();
  assert.equal(await peer.reader.next().catch(() => null), null);
  peer.wire.destroy();
});

test("a port with a full backlog connects nobody", { skip: process.platform !== "linux" && "other kernels answer" }, async () => {
  await using backlog = await startFullBacklog();
  const dialled = dialLab(backlog).then(
    () => "connected",
    () => "failed",
  );
  await using site = await startSite();
  for (let i = 0; i < 20; i++) (await dialLab(site)).wire.destroy(); // as long as twenty connections take, at least
  assert.equal(await Promise.race([dialled, Promise.resolve("waiting")]), "waiting");
});

/** The code that a client's handshake, or its first request after it, fails with. */
async function failingCode(server: LabServer): Promise<string | undefined> {
  const socket = connect({ host: server.host, port: server.port, servername: "site.lab", ca: authority.cert, ALPNProtocols: ["http/1.1"] });
  socket.once("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: site.lab\r\n\r\n"));
  socket.resume();
  const [error] = (await once(socket, "error").catch((thrown: Error) => [thrown])) as [NodeJS.ErrnoException];
  socket.on("error", () => {});
  socket.destroy();
  return error.code;
}
