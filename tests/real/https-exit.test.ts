import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/lab/certificates.ts";
import { startSite } from "../../src/lab/site.ts";
import type { Identity } from "../../src/net/certificate.ts";
import { ask, REFUSING, tellAll } from "./ask.ts";
import { startNginxEdge } from "./edges.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import type { Peer } from "./peers/start-peer.ts";

const HAPROXY_AND_SQUID = needs("haproxy", "squid", "curl");
const authority = createAuthority();
const trusting = { exchange: { ca: [authority.cert] } };

test("an https exit serves GET and CONNECT, and passes on what it says of a target", HAPROXY_AND_SQUID, async () => {
  await using squid = await startSquid();
  await using front = await startTlsFront(squid.port, authority.issue({ names: ["127.0.0.1"] }));
  await using site = await startSite();
  const targets = { site: `127.0.0.1:${site.port}`, "a port that refuses": REFUSING };
  assert.deepEqual(await tellAll(`https://127.0.0.1:${front.port}`, targets, trusting), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
    "GET a port that refuses": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_refused by origin, exit untried",
  });
});

test("an https exit's certificate is verified: whose it is, for what name, and until when", HAPROXY_AND_SQUID, async () => {
  await using squid = await startSquid();
  await using site = await startSite();
  const targets = { site: `127.0.0.1:${site.port}` };
  const yesterday = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  const wrong = {
    "tls.cert_untrusted": createAuthority("another authority").issue({ names: ["127.0.0.1"] }),
    "tls.cert_name_mismatch": authority.issue({ names: ["proxy.test"] }),
    "tls.cert_expired": authority.issue({ names: ["127.0.0.1"], ...yesterday }),
  };
  for (const [fault, identity] of Object.entries(wrong)) {
    await using front = await startTlsFront(squid.port, identity);
    const told = await tellAll(`https://127.0.0.1:${front.port}`, targets, trusting);
    assert.deepEqual(told, { "GET site": `502 ${fault} by exit, exit benched`, "CONNECT site": `502 ${fault} by exit, exit benched` });
    const unasked = await tellAll(`https://127.0.0.1:${front.port} insecure=true`, targets, trusting);
    assert.deepEqual(unasked, { "GET site": "200, exit healthy", "CONNECT site": "200, exit healthy" });
  }
});

test("nginx that wants TLS says so to who speaks plain HTTP, and the scheme to use is named", needs("nginx", "curl"), async () => {
  const backends = { refusing: REFUSING, silent: REFUSING, closing: REFUSING };
  await using nginx = await startNginxEdge(backends, authority.issue({ names: ["127.0.0.1"] }));
  const { record } = await ask(["http://site.test/"], { exits: [`http://127.0.0.1:${nginx.port}`] });
  assert.deepEqual([record.verdict?.fault, record.verdict?.culprit], ["handshake.not_a_proxy", "gateway"]);
  assert.match(record.verdict?.evidence[0] ?? "", /use https:\/\//);
});

test("HAProxy that wants TLS says nothing to who speaks plain HTTP", HAPROXY_AND_SQUID, async () => {
  await using squid = await startSquid();
  await using front = await startTlsFront(squid.port, authority.issue({ names: ["127.0.0.1"] }));
  const told = await tellAll(`http://127.0.0.1:${front.port}`, { site: REFUSING });
  assert.deepEqual(told, {
    "GET site": "502 head.closed_empty by exit, exit benched",
    "CONNECT site": "502 handshake.closed by exit, exit benched",
  });
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** HAProxy that takes TLS off in front of a proxy. */
function startTlsFront(exitPort: number, { cert, key }: Identity): Promise<Peer> {
  return startHaproxy(({ port, directory }) => {
    const file = join(directory, "identity.pem");
    writeFileSync(file, cert + key);
    return `listen front\n  mode tcp\n  bind 127.0.0.1:${port} ssl crt ${file}\n  server exit 127.0.0.1:${exitPort}`;
  });
}
