import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startFullBacklog } from "../../src/lab/full-backlog.ts";
import { startSite } from "../../src/lab/site.ts";
import { ask, REFUSING, tellAll } from "./ask.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { needs } from "./peers/programs.ts";

const MICROSOCKS = needs("microsocks", "curl");
/** For its getaddrinfo, where the machine has no network: it would else ask an absent resolver for ten seconds. */
process.env["RES_OPTIONS"] = "timeout:1 attempts:1";

test("microsocks serves GET and CONNECT, and is healthy after it", MICROSOCKS, async () => {
  await using microsocks = await startMicrosocks();
  await using site = await startSite();
  const targets = { site: `127.0.0.1:${site.port}`, "a name": `localhost:${site.port}` };
  assert.deepEqual(await tellAll(`socks5h://127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
    "GET a name": "200, exit healthy",
    "CONNECT a name": "200, exit healthy",
  });
});

test("a target that refuses microsocks is the target's fault", MICROSOCKS, async () => {
  await using microsocks = await startMicrosocks();
  assert.deepEqual(await tellAll(`socks5://127.0.0.1:${microsocks.port}`, { "a port that refuses": REFUSING }), {
    "GET a port that refuses": "502 handshake.target_refused by origin, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_refused by origin, exit untried",
  });
});

test(
  "a name that microsocks cannot resolve comes as reply 1, which proves nothing: the exit by default, and not benched",
  MICROSOCKS,
  async () => {
    await using microsocks = await startMicrosocks();
    const told = await tellAll(`socks5h://127.0.0.1:${microsocks.port}`, { "a name": "nothing.invalid:80" });
    assert.deepEqual(told, {
      "GET a name": "502 handshake.connect_rejected by exit, exit untried",
      "CONNECT a name": "502 handshake.connect_rejected by exit, exit untried",
    });
  },
);

test("the same name under socks5:// is resolved here, and proved to be the target's fault", MICROSOCKS, async () => {
  await using microsocks = await startMicrosocks();
  const told = await tellAll(
    `socks5://127.0.0.1:${microsocks.port}`,
    { "a name": "nothing.invalid:80" },
    { options: { resolver: fakeResolver({}) } },
  );
  assert.deepEqual(told, {
    "GET a name": "502 dns.nxdomain by origin, exit untried",
    "CONNECT a name": "502 dns.nxdomain by origin, exit untried",
  });
});

test("microsocks waits for a silent target without a word: it is told, in doubt, and not benched", MICROSOCKS, async () => {
  await using microsocks = await startMicrosocks();
  await using hole = await startFullBacklog();
  const exits = [`socks5://127.0.0.1:${microsocks.port}`];
  const { record, exits: after } = await ask([`http://127.0.0.1:${hole.port}/`], { exits, timeouts: { handshake: 1000 } });
  assert.deepEqual([record.status, record.verdict?.fault, record.verdict?.culprit], [504, "handshake.timeout", "exit"]);
  assert.equal(record.verdict?.confidence, 0.5);
  assert.match(record.verdict?.evidence[0] ?? "", /it may be waiting for the target/);
  assert.equal(after[0]?.state, "untried");
});

test("a login that microsocks wants or refuses is ours to mend", MICROSOCKS, async () => {
  await using site = await startSite();
  await using microsocks = await startMicrosocks({ user: { name: "alice", password: "sesame" } });
  const targets = { site: `127.0.0.1:${site.port}` };
  assert.deepEqual(await tellAll(`socks5://127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "502 handshake.auth_required by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_required by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`socks5://alice:wrong@127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "502 handshake.auth_failed by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_failed by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`socks5h://alice:sesame@127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
  });
});

test("microsocks under another scheme gives itself away, and the details name the scheme to use", MICROSOCKS, async () => {
  await using site = await startSite();
  await using microsocks = await startMicrosocks();
  const targets = { site: `127.0.0.1:${site.port}` };
  assert.deepEqual(await tellAll(`http://127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "502 head.not_http by gateway, exit benched",
    "CONNECT site": "502 handshake.not_a_proxy by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`socks4://127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "502 handshake.not_a_proxy by gateway, exit benched",
    "CONNECT site": "502 handshake.not_a_proxy by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`https://127.0.0.1:${microsocks.port}`, targets), {
    "GET site": "502 tls.protocol_mismatch by gateway, exit benched",
    "CONNECT site": "502 tls.protocol_mismatch by gateway, exit benched",
  });
  const { member } = await ask([`http://127.0.0.1:${site.port}/`], { exits: [`http://127.0.0.1:${microsocks.port}`] });
  assert.match(member?.details ?? "", /use socks5:\/\//);
});
