import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { context, diagnosisOf } from "../diagnose/diagnosing.ts";
import { startNginxEdge } from "./edges.ts";
import { startNginx } from "./peers/nginx.ts";
import { needs } from "./peers/programs.ts";
import type { Peer } from "./peers/start-peer.ts";

const NGINX = needs("nginx");
/** A loaded machine. */
const patient = { ...context, timeoutMs: 10_000 };

function at({ port }: Peer): HostPort {
  return { host: "127.0.0.1", port };
}

/** A site whose answers have that much in their heads. */
function startHeadySite(bytes: number): Promise<LabServer> {
  return startLabServer(async (peer) => {
    await peer.reader.until("\r\n\r\n");
    await peer.send(formatAnswer(200, { "Set-Cookie": `a=${"x".repeat(bytes)}`, Connection: "close" }, ""));
    await peer.end();
  });
}

test("nginx that does not take a site's head is told to, and takes it once it has the buffer that it is told to have", NGINX, async () => {
  await using site = await startHeadySite(20_000);
  const startProxy = (settings: string) =>
    startNginx(({ port }) => `server { listen 127.0.0.1:${port}; ${settings} location / { proxy_pass http://127.0.0.1:${site.port}; } }`);
  await using small = await startProxy("");
  const { verdict } = await diagnosisOf(site, [exitAt(at(small))], {}, patient);
  const [, kib] =
    /raise proxy_buffer_size above (\d+) KiB: the response head was 20,\d{3} bytes, largest field set-cookie/.exec(verdict.fix.operator) ??
    [];
  assert.equal(kib, "16", verdict.fix.operator);
  const size = 2 * Number(kib);
  await using large = await startProxy(`proxy_buffer_size ${size}k; proxy_buffers 4 ${size}k; proxy_busy_buffers_size ${2 * size}k;`);
  const after = await diagnosisOf(site, [exitAt(at(large))], {}, patient);
  assert.equal(after.verdict.fault, null, after.verdict.summary);
});

test("clear text that is spoken to nginx's port with TLS is told with the URL to use", NGINX, async () => {
  const nowhere = "127.0.0.1:1";
  const backends = { refusing: nowhere, silent: nowhere, closing: nowhere };
  await using edge = await startNginxEdge(backends, createAuthority().issue({ names: ["127.0.0.1"] }));
  const { host, port } = at(edge);
  const { verdict } = await diagnosisOf(at(edge), [], {}, patient);
  assert.match(verdict.fix.client, new RegExp(`^Use https://${host}:${port}/: port ${port} speaks TLS`));
});

test("what nginx finds too large of a request is told with its size", NGINX, async () => {
  await using site = await startNginx(
    ({ port }) => `server { listen 127.0.0.1:${port}; client_max_body_size 1k; location / { proxy_pass http://127.0.0.1:1; } }`,
  );
  const cookies = await diagnosisOf(at(site), [], { fields: ["Cookie", `a=${"y".repeat(9000)}`] }, patient);
  assert.match(cookies.verdict.fix.client, /the request's head was 9,\d{3} bytes, largest field cookie \(9,002 bytes\)/);
  const body = await diagnosisOf(at(site), [], { method: "POST", body: Buffer.alloc(2000, "z") }, patient);
  assert.match(body.verdict.fix.client, /the body was 2,000 bytes; .*client_max_body_size/);
});
