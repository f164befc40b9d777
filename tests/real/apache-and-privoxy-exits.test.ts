import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin } from "../../src/lab/behaviours.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { REFUSING, tellAll } from "./ask.ts";
import { startApache } from "./peers/apache.ts";
import { startPrivoxy } from "./peers/privoxy.ts";
import { needs } from "./peers/programs.ts";

/** For their getaddrinfo, where the machine has no network: it would else ask an absent resolver for ten seconds. */
process.env["RES_OPTIONS"] = "timeout:1 attempts:1";

test("Apache as an exit: what it says of targets is the targets', and its rules are its own", needs("apache2", "curl"), async () => {
  await using site = await startSite();
  await using closing = await startLabServer(afterHead(fin));
  await using apache = await startApache(() => `ProxyRequests On\nProxyTimeout 1\nAllowCONNECT ${site.port} 1`);
  const targets = { site: `127.0.0.1:${site.port}`, "a port that refuses": REFUSING, "a name that does not resolve": "nothing.invalid:1" };
  const more = { "a site that closes": `127.0.0.1:${closing.port}` };
  assert.deepEqual(await tellAll(`127.0.0.1:${apache.port}`, { ...targets, ...more }), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
    // To a GET its page is the one of an Apache in front of the site too.
    "GET a port that refuses": "relayed relay.edge_5xx by edge, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_unreachable by origin, exit untried",
    "GET a name that does not resolve": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a name that does not resolve": "502 handshake.target_unresolvable by origin, exit untried",
    "GET a site that closes": "relayed relay.edge_5xx by edge, exit untried",
    "CONNECT a site that closes": "502 handshake.policy_denied by exit, exit untried",
  });
});

test("Privoxy as an exit: what it says of targets is the targets', and its rules are its own", needs("privoxy", "curl"), async () => {
  await using site = await startSite();
  await using closing = await startLabServer(afterHead(fin));
  await using privoxy = await startPrivoxy({ blocked: ["blocked.example"], lines: [`forward-socks5 dead-parent.example/ ${REFUSING} .`] });
  const targets = { site: `127.0.0.1:${site.port}`, "a port that refuses": REFUSING, "a name that does not resolve": "nothing.invalid:1" };
  const more = {
    "a site that closes": `127.0.0.1:${closing.port}`,
    "a blocked one": "blocked.example:1",
    "a dead parent": "dead-parent.example:1",
  };
  assert.deepEqual(await tellAll(`127.0.0.1:${privoxy.port}`, { ...targets, ...more }), {
    "GET site": "200, exit healthy",
    "CONNECT site": "200, exit healthy",
    "GET a port that refuses": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a port that refuses": "502 handshake.target_unreachable by origin, exit untried",
    "GET a name that does not resolve": "502 handshake.target_unresolvable by origin, exit untried",
    "CONNECT a name that does not resolve": "502 handshake.target_unresolvable by origin, exit untried",
    "GET a site that closes": "relayed relay.exit_5xx by origin, exit untried",
    "CONNECT a site that closes": "200, exit healthy",
    "GET a blocked one": "502 handshake.policy_denied by exit, exit untried",
    "CONNECT a blocked one": "502 handshake.policy_denied by exit, exit untried",
    "GET a dead parent": "relayed relay.exit_5xx by exit, exit benched",
    "CONNECT a dead parent": "503 handshake.exit_unavailable by exit, exit benched",
  });
});
