import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { REFUSING } from "../ask.ts";
import { startPrivoxy } from "../peers/privoxy.ts";
import { needs } from "../peers/programs.ts";
import { startTinyproxy } from "../peers/tinyproxy.ts";
import { type BadBackends, backendsOf, startBadBackends } from "./bad-backends.ts";
import { absolute, type DrivenGateway, drive, type Failing, fileLog, NO_HTTP, recordLogs, settingsIn, tunnel } from "./driving.ts";

/** For their getaddrinfo, where the machine has no network: they would else ask an absent resolver for ten seconds. */
process.env["RES_OPTIONS"] = "timeout:1 attempts:1";

/** What each request's page and tinyproxy's log say. */
const TINYPROXY = {
  "dead-parent": "502 relay.exit_5xx by exit, tinyproxy | handshake.exit_unavailable at refusing",
  "no-http": "400, tinyproxy | client.bad_request",
  "tunnel-refusing": "500 relay.exit_5xx by origin, tinyproxy | connect.failed at refusing",
  "tunnel-unresolvable": "403 handshake.policy_denied by exit, tinyproxy | client.denied",
  application500: "500 relay.origin_5xx by origin, the site's application | -",
  application503: "503 relay.origin_5xx by origin, the site's application | -",
  badChunk: "200 | -",
  fin: "nothing | head.closed_empty at fin",
  halfHead: "503 relay.exit_5xx by origin, tinyproxy | head.truncated at halfHead",
  ok: "200 | -",
  refusing: "500 relay.exit_5xx by origin, tinyproxy | connect.failed at refusing",
  rst: "nothing | head.reset at rst",
  silence: "nothing | head.timeout at silence",
  sshBanner: "503 relay.exit_5xx by origin, tinyproxy | head.timeout at sshBanner",
  tlsAlert: "nothing | head.closed_empty at tlsAlert",
  truncatedByLength: "200 | -",
  unresolvable: "500 relay.exit_5xx by origin, tinyproxy | dns.nxdomain at unresolvable",
};

/** What each request's page and Privoxy's log say. */
const PRIVOXY = {
  "dead-parent": "503 relay.exit_5xx by exit, Privoxy | handshake.exit_unavailable",
  "no-http": "400, Privoxy | client.bad_request",
  "tunnel-refusing": "503 relay.exit_5xx by origin, Privoxy | connect.failed at refusing",
  "tunnel-unresolvable": "404 handshake.target_unresolvable by origin, Privoxy | dns.nxdomain at unresolvable",
  application500: "500 relay.origin_5xx by origin, the site's application | -",
  application503: "503 relay.origin_5xx by origin, the site's application | -",
  badChunk: "200 | body.bad_chunk at badChunk",
  blocked: "403 handshake.policy_denied by exit, Privoxy | client.denied",
  fin: "502 relay.exit_5xx by origin, Privoxy | head.closed_empty at fin",
  halfHead: "502 relay.exit_5xx by origin, Privoxy | head.invalid at halfHead",
  ok: "200 | -",
  refusing: "503 relay.exit_5xx by origin, Privoxy | connect.failed at refusing",
  rst: "502 relay.exit_5xx by origin, Privoxy | head.reset at rst",
  silence: "504 relay.exit_5xx by origin, Privoxy | head.timeout at silence",
  sshBanner: "504 relay.exit_5xx by origin, Privoxy | head.timeout at sshBanner",
  tlsAlert: "502 relay.exit_5xx by origin, Privoxy | head.invalid at tlsAlert",
  truncatedByLength: "200 | -",
  unresolvable: "404 handshake.target_unresolvable by origin, Privoxy | dns.nxdomain at unresolvable",
};

test("tinyproxy's pages and lines say of each failure whose it is, and what to change", needs("tinyproxy"), async () => {
  await using backends = await startBadBackends();
  const upstream = `Upstream http ${REFUSING} "dead-parent.example"`;
  await using tinyproxy = await startTinyproxy({ isLogged: true, timeoutSeconds: 1, lines: [upstream, "ConnectPort 1"] });
  const gateway = proxy(tinyproxy.port, join(tinyproxy.directory, "tinyproxy.log"), backends);
  const told = await drive(gateway, requests(TINYPROXY, backends), backends);
  recordLogs(gateway, "tinyproxy-1.11.1");
  assert.deepEqual(told, TINYPROXY);
  assert.match(settingsIn(gateway)["client.denied"] ?? "", /ConnectPort/);
  assert.match(settingsIn(gateway)["head.timeout"] ?? "", /Timeout/);
});

test("Privoxy's pages and lines say of each failure whose it is, and what to change", needs("privoxy"), async () => {
  await using backends = await startBadBackends();
  const lines = [`forward-socks5 dead-parent.example/ ${REFUSING} .`];
  await using privoxy = await startPrivoxy({ lines, blocked: ["blocked.example"] });
  const gateway = proxy(privoxy.port, join(privoxy.directory, "privoxy.log"), backends);
  const told = await drive(gateway, [...requests(PRIVOXY, backends), absolute("blocked", "blocked.example")], backends);
  recordLogs(gateway, "privoxy-3.0.34");
  assert.deepEqual(told, PRIVOXY);
  assert.match(settingsIn(gateway)["head.timeout"] ?? "", /socket-timeout/);
  assert.match(settingsIn(gateway)["handshake.exit_unavailable"] ?? "", /forward/);
});

function proxy(port: number, log: string, { at }: BadBackends): DrivenGateway {
  return { port, logs: { log: fileLog(log) }, complete: ["log"], mark: (word) => absolute("ok", at("ok"), `/${word}`).request };
}

function requests(stories: Readonly<Record<string, string>>, { at }: BadBackends): Failing[] {
  return [
    ...backendsOf(stories).map((name) => absolute(name, at(name))),
    absolute("dead-parent", "dead-parent.example"),
    tunnel("tunnel-refusing", at("refusing")),
    tunnel("tunnel-unresolvable", at("unresolvable")),
    NO_HTTP,
  ];
}
