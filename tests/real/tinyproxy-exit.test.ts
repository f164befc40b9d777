import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, says, silence } from "../../src/lab/behaviours.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { ask, REFUSING, tellAll } from "./ask.ts";
import { needs } from "./peers/programs.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";

const TINYPROXY = needs("tinyproxy", "curl");
/** For its getaddrinfo, where the machine has no network: it would else ask an absent resolver for ten seconds. */
process.env["RES_OPTIONS"] = "timeout:1 attempts:1";

test("tinyproxy serves GET and CONNECT, and is healthy after it", TINYPROXY, async () => {
  await using tinyproxy = await startTinyproxy();
  await using site = await startSite();
  const told = await tellAll(`127.0.0.1:${tinyproxy.port}`, { site: `127.0.0.1:${site.port}` });
  assert.deepEqual(told, { "GET site": "200, exit healthy", "CONNECT site": "200, exit healthy" });
});

test("tinyproxy does not say why it reached no target, and the target is not hidden behind it all the same", TINYPROXY, async () => {
  await using tinyproxy = await startTinyproxy();
  await using ssh = await startLabServer(afterHead(says("SSH-2.0-OpenSSH_9.6p1\r\n", fin)));
  const targets = { "a port that refuses": REFUSING, "a name that does not resolve": "nothing.invalid:80" };
  assert.deepEqual(await tellAll(`127.0.0.1:${tinyproxy.port}`, { ...targets, "a site that is none": `127.0.0.1:${ssh.port}` }), {
    "GET a port that refuses": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_unreachable by origin, exit untried",
    "GET a name that does not resolve": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a name that does not resolve": "502 handshake.target_unreachable by origin, exit untried",
    "GET a site that is none": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a site that is none": "200, exit healthy",
  });
});

test(
  "what tinyproxy passes on of a broken site looks like its own doing in clear text, and is the site's in a tunnel",
  TINYPROXY,
  async () => {
    await using tinyproxy = await startTinyproxy();
    await using closing = await startLabServer(afterHead(fin));
    await using silent = await startLabServer(afterHead(silence));
    const exits = [`127.0.0.1:${tinyproxy.port}`];
    const closed = await tellAll(exits[0] as string, { "a site that closes": `127.0.0.1:${closing.port}` });
    assert.deepEqual(closed, {
      "GET a site that closes": "502 head.closed_empty by exit, exit benched",
      "CONNECT a site that closes": "200, exit healthy",
    });
    const { record } = await ask([`http://127.0.0.1:${silent.port}/`], { exits, timeouts: { head: 300 } });
    assert.deepEqual([record.status, record.verdict?.fault, record.verdict?.culprit], [504, "head.timeout", "exit"]);
  },
);

test("tinyproxy's list of tunnel ports is its own doing", TINYPROXY, async () => {
  await using site = await startSite();
  await using tinyproxy = await startTinyproxy({ lines: ["ConnectPort 443"] });
  const told = await tellAll(`127.0.0.1:${tinyproxy.port}`, { site: `127.0.0.1:${site.port}` });
  assert.deepEqual(told, { "GET site": "200, exit healthy", "CONNECT site": "502 handshake.policy_denied by exit, exit untried" });
});

test("an upstream proxy that tinyproxy cannot reach is its own trouble", TINYPROXY, async () => {
  await using site = await startSite();
  await using tinyproxy = await startTinyproxy({ lines: [`Upstream http ${REFUSING}`] });
  const told = await tellAll(`127.0.0.1:${tinyproxy.port}`, { site: `127.0.0.1:${site.port}` });
  assert.deepEqual(told, {
    "GET site": "relayed relay.exit_5xx by exit, exit benched",
    "CONNECT site": "503 handshake.exit_unavailable by exit, exit benched",
  });
});

test("a login that tinyproxy wants or refuses is ours to mend, also where it says 401", TINYPROXY, async () => {
  await using site = await startSite();
  await using tinyproxy = await startTinyproxy({ users: { alice: "sesame" } });
  const targets = { site: `127.0.0.1:${site.port}` };
  assert.deepEqual(await tellAll(`127.0.0.1:${tinyproxy.port}`, targets), {
    "GET site": "502 handshake.auth_required by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_required by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`127.0.0.1:${tinyproxy.port}:alice:wrong`, targets), {
    "GET site": "502 handshake.auth_failed by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_failed by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`127.0.0.1:${tinyproxy.port}:alice:sesame`, targets), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
  });
});
