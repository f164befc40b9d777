import assert from "node:assert/strict";
import { test } from "node:test";
import { startHaproxy } from "../peers/haproxy.ts";
import { needs } from "../peers/programs.ts";
import type { Place } from "../peers/start-peer.ts";
import { type BadBackends, backendsOf, startBadBackends, type Wrong } from "./bad-backends.ts";
import { type DrivenGateway, drive, get, LONG_FIELD, NO_HTTP, recordLogs, settingsIn } from "./driving.ts";

/** What each request's page and line say. */
const STORIES = {
  "long-field": "400, HAProxy | client.bad_request at edge",
  "no-http": "400, HAProxy | client.bad_request at edge",
  application500: "500 relay.origin_5xx by origin, the site's application | relay.origin_5xx at application500/a",
  application503: "503 relay.origin_5xx by origin, the site's application | relay.origin_5xx at application503/a",
  badLength: "502 relay.edge_5xx by edge, HAProxy | head.invalid at badLength/a",
  badStatusLine: "502 relay.edge_5xx by edge, HAProxy | head.invalid at badStatusLine/a",
  deny: "403, HAProxy | client.denied at edge",
  fieldWithSpaceInName: "502 relay.edge_5xx by edge, HAProxy | head.invalid at fieldWithSpaceInName/a",
  fin: "502 relay.edge_5xx by edge, HAProxy | head.closed at fin/a",
  full: "503 relay.edge_5xx by edge, HAProxy | connect.timeout at full/a",
  halfHead: "502 relay.edge_5xx by edge, HAProxy | head.closed at halfHead/a",
  halfHeadThenSilence: "504 relay.edge_5xx by edge, HAProxy | head.timeout at halfHeadThenSilence/a",
  hugeField: "502 relay.edge_5xx by edge, HAProxy | head.invalid at hugeField/a",
  nobody: "503 relay.edge_5xx by edge, HAProxy | gateway.no_healthy_backend at nobody",
  ok: "200 | -",
  refusing: "503 relay.edge_5xx by edge, HAProxy | connect.failed at refusing/a",
  rst: "502 relay.edge_5xx by edge, HAProxy | head.closed at rst/a",
  silence: "504 relay.edge_5xx by edge, HAProxy | head.timeout at silence/a",
  sshBanner: "502 relay.edge_5xx by edge, HAProxy | head.invalid at sshBanner/a",
  stallInBody: "200 | body.idle_timeout at stallInBody/a",
  tlsAlert: "502 relay.edge_5xx by edge, HAProxy | head.invalid at tlsAlert/a",
  truncatedByLength: "200 | body.reset at truncatedByLength/a",
};

const CLEAR = backendsOf(STORIES);

test("HAProxy's pages and lines say of each failure whose it is, and what to change", needs("haproxy"), async () => {
  await using backends = await startBadBackends();
  await using haproxy = await startHaproxy((place) => sections(place, backends));
  const gateway: DrivenGateway = {
    port: haproxy.port,
    logs: { log: () => haproxy.log() },
    complete: ["log"],
    mark: (word) => get("ok", `/ok/${word}`).request,
  };
  const requests = [...[...CLEAR, "nobody", "deny"].map((path) => get(path)), LONG_FIELD, NO_HTTP];
  const told = await drive(gateway, requests, backends);
  recordLogs(gateway, "haproxy");
  assert.deepEqual(told, STORIES);
  const settings = settingsIn(gateway);
  assert.match(settings["head.timeout"] ?? "", /timeout server/);
  assert.match(settings["head.invalid"] ?? "", /tune\.bufsize/);
  assert.match(settings["connect.timeout"] ?? "", /timeout connect/);
});

function sections({ port }: Place, { at }: BadBackends): string {
  const backend = (name: Wrong) => `backend ${name}\n  retries 0\n  timeout connect 1s\n  timeout server 1s\n  server a ${at(name)}`;
  return `
frontend edge
  bind 127.0.0.1:${port}
  option httplog
  no log
  log stdout format raw local0 info
  http-request deny if { path_beg /deny/ }
  use_backend %[path,field(2,/)]

backend nobody
${CLEAR.map(backend).join("\n")}
`;
}
