import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin } from "../../src/lab/behaviours.ts";
import { startFullBacklog } from "../../src/lab/full-backlog.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { ask, REFUSING, tell, tellAll } from "./ask.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";

const SQUID = needs("squid", "curl");

test("Squid serves GET and CONNECT, and is healthy after it", SQUID, async () => {
  await using squid = await startSquid();
  await using site = await startSite();
  const told = await tellAll(`127.0.0.1:${squid.port}`, { site: `127.0.0.1:${site.port}` });
  assert.deepEqual(told, { "GET site": "200, exit healthy", "CONNECT site": "200, exit healthy" });
});

test("what Squid truthfully says of a target is the target's fault, and never Squid's", SQUID, async () => {
  await using squid = await startSquid({ lines: ["connect_timeout 1 second", "connect_retries 0", "forward_max_tries 1"] });
  await using hole = await startFullBacklog();
  await using closing = await startLabServer(afterHead(fin));
  await using site = await startSite();
  const targets = {
    "a port that refuses": REFUSING,
    "a host that is silent": `127.0.0.1:${hole.port}`,
    "a site that closes": `127.0.0.1:${closing.port}`,
    "a site with a 500": `127.0.0.1:${site.port}/status/500`,
  };
  // Squid's timers run late on a loaded machine.
  const told = await tellAll(`127.0.0.1:${squid.port}`, targets, { timeouts: { handshake: 15_000, head: 15_000 } });
  assert.deepEqual(told, {
    "GET a port that refuses": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_refused by origin, exit untried",
    "GET a host that is silent": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a host that is silent": "504 handshake.target_timeout by origin, exit untried",
    "GET a site that closes": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a site that closes": "200, exit healthy", // the client's own bytes went through: it sees the end itself
    "GET a site with a 500": "relayed relay.origin_5xx by origin, exit untried",
    "CONNECT a site with a 500": "200, exit healthy",
  });
});

test("a name that Squid cannot resolve is the target's, or the resolver's", SQUID, async () => {
  await using squid = await startSquid({ lines: ["dns_timeout 1 second", "dns_retransmit_interval 500 milliseconds"] });
  // Where the machine has no network, Squid gives its resolver up first.
  const patient = { exits: [`127.0.0.1:${squid.port}`], timeouts: { handshake: 15_000, head: 15_000 } };
  const get = await ask(["http://nothing.invalid/"], patient);
  const connect = await ask(["--proxytunnel", "http://nothing.invalid/"], patient);
  assert.match(tell(get), /^relayed relay\.exit_5xx by (?:origin|dns), exit untried$/);
  assert.match(tell(connect), /^502 handshake\.target_unresolvable by (?:origin|dns), exit untried$/);
});

test("Squid's rules forbid a target: its own doing, in its own words", SQUID, async () => {
  await using site = await startSite();
  const lines = [`acl site port ${site.port}`, "http_access deny site"];
  await using squid = await startSquid({ lines });
  const exits = [`127.0.0.1:${squid.port} id=de-7`];
  const get = await ask([`http://127.0.0.1:${site.port}/`], { exits });
  const connect = await ask(["--proxytunnel", `http://127.0.0.1:${site.port}/`], { exits });
  assert.equal(tell(get), "502 handshake.policy_denied by exit, exit untried");
  assert.equal(tell(connect), "502 handshake.policy_denied by exit, exit untried");
  assert.match(get.client.stdout, /exit de-7 forbids this target/);
  assert.match(connect.record.verdict?.evidence[0] ?? "", /Squid: ERR_ACCESS_DENIED/);
});

test("Squid forbids tunnels to a port that it serves in clear text", SQUID, async () => {
  await using site = await startSite();
  await using squid = await startSquid({ lines: ["acl tunnels method CONNECT", "http_access deny tunnels"] });
  const told = await tellAll(`127.0.0.1:${squid.port}`, { site: `127.0.0.1:${site.port}` });
  assert.deepEqual(told, { "GET site": "200, exit healthy", "CONNECT site": "502 handshake.policy_denied by exit, exit untried" });
});

test("a login that Squid wants or refuses is ours to mend, and its 407 never reaches the client", SQUID, async () => {
  await using site = await startSite();
  await using squid = await startSquid({ users: { alice: "open sesame" } });
  const targets = { site: `127.0.0.1:${site.port}` };
  assert.deepEqual(await tellAll(`127.0.0.1:${squid.port}`, targets), {
    "GET site": "502 handshake.auth_required by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_required by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`http://alice:wrong@127.0.0.1:${squid.port}`, targets), {
    "GET site": "502 handshake.auth_failed by gateway, exit benched",
    "CONNECT site": "502 handshake.auth_failed by gateway, exit benched",
  });
  assert.deepEqual(await tellAll(`http://alice:open%20sesame@127.0.0.1:${squid.port}`, targets), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
  });
  const { client } = await ask([`http://127.0.0.1:${site.port}/`], { exits: [`127.0.0.1:${squid.port}`] });
  assert.doesNotMatch(client.stdout, /Proxy-Authenticate|squid\.test/i);
});

test("Squid's port under a SOCKS scheme, or under https, tells that it was told wrongly", SQUID, async () => {
  await using site = await startSite();
  await using squid = await startSquid();
  const targets = { site: `127.0.0.1:${site.port}` };
  assert.deepEqual(await tellAll(`https://127.0.0.1:${squid.port}`, targets), {
    "GET site": "502 tls.protocol_mismatch by gateway, exit benched",
    "CONNECT site": "502 tls.protocol_mismatch by gateway, exit benched",
  });
  // Squid waits for the rest of what it takes for a request line, and says nothing that would give it away.
  assert.deepEqual(await tellAll(`socks5h://127.0.0.1:${squid.port}`, targets, { timeouts: { handshake: 300 } }), {
    "GET site": "504 handshake.timeout by exit, exit benched",
    "CONNECT site": "504 handshake.timeout by exit, exit benched",
  });
});
