import assert from "node:assert/strict";
import { test } from "node:test";
import { needs } from "../peers/programs.ts";
import { startVarnish, writeVarnishLogs } from "../peers/varnish.ts";
import { type BadBackends, backendsOf, startBadBackends } from "./bad-backends.ts";
import { type DrivenGateway, drive, fileLog, get, LONG_FIELD, NO_HTTP, recordLogs, settingsIn } from "./driving.ts";

/** Varnish has passed the head on by then, or it has not: only its log says the same each time. */
const STREAMED = ["truncatedByLength", "truncatedByChunk", "badChunk"];

/** What each request's page, varnishlog and varnishncsa say. */
const STORIES = {
  "long-field": "nothing | - | -",
  "no-http": "400 | client.bad_request | -",
  application500: "500 relay.origin_5xx by origin, the site's application | relay.origin_5xx at application500 | answer.500",
  application503: "503 relay.origin_5xx by origin, the site's application | relay.origin_5xx at application503 | answer.503",
  badChunk: "body.bad_chunk at badChunk",
  badLength: "503 relay.edge_5xx by edge, Varnish | head.bad_framing at badLength | answer.503",
  badStatusLine: "503 relay.edge_5xx by edge, Varnish | head.bad_status_line at badStatusLine | answer.503",
  deny: "403, Varnish | client.denied | -",
  director: "503 relay.edge_5xx by edge, Varnish | gateway.no_healthy_backend at director | answer.503",
  fieldWithSpaceInName: "503 relay.edge_5xx by edge, Varnish | head.bad_field at fieldWithSpaceInName | answer.503",
  fieldWithoutColon: "503 relay.edge_5xx by edge, Varnish | head.bad_field at fieldWithoutColon | answer.503",
  fin: "503 relay.edge_5xx by edge, Varnish | head.closed at fin | answer.503",
  full: "503 relay.edge_5xx by edge, Varnish | connect.timeout at full | answer.503",
  halfHead: "503 relay.edge_5xx by edge, Varnish | head.closed at halfHead | answer.503",
  halfHeadThenSilence: "503 relay.edge_5xx by edge, Varnish | head.timeout at halfHeadThenSilence | answer.503",
  hugeField: "503 relay.edge_5xx by edge, Varnish | head.too_large at hugeField | answer.503",
  hugeHead: "503 relay.edge_5xx by edge, Varnish | head.too_large at hugeHead | answer.503",
  nobody: "503 relay.edge_5xx by edge, Varnish | gateway.no_healthy_backend | answer.503",
  ok: "200, the site's application | - | -",
  own503: "503 relay.edge_5xx by edge, Varnish | gateway.local_response | answer.503",
  refusing: "503 relay.edge_5xx by edge, Varnish | connect.refused at refusing | answer.503",
  rst: "503 relay.edge_5xx by edge, Varnish | head.closed at rst | answer.503",
  sick: "503 relay.edge_5xx by edge, Varnish | gateway.no_healthy_backend at sick | answer.503",
  silence: "503 relay.edge_5xx by edge, Varnish | head.timeout at silence | answer.503",
  sshBanner: "503 relay.edge_5xx by edge, Varnish | head.timeout at sshBanner | answer.503",
  stallInBody: "200, the site's application | body.idle_timeout at stallInBody | -",
  tlsAlert: "503 relay.edge_5xx by edge, Varnish | head.closed at tlsAlert | answer.503",
  tooManyFields: "503 relay.edge_5xx by edge, Varnish | head.too_many_fields at tooManyFields | answer.503",
  truncatedByChunk: "body.truncated at truncatedByChunk",
  truncatedByLength: "body.truncated at truncatedByLength",
  unknownCoding: "503 relay.edge_5xx by edge, Varnish | head.bad_framing at unknownCoding | answer.503",
};

const CLEAR = backendsOf(STORIES);

test("Varnish's pages and lines say of each failure whose it is, and what to change", needs("varnishd"), async () => {
  await using backends = await startBadBackends();
  await using varnish = await startVarnish(() => rules(backends));
  using logs = writeVarnishLogs(varnish);
  const gateway: DrivenGateway = {
    port: varnish.port,
    logs: { log: fileLog(logs.log), ncsa: fileLog(logs.ncsa) },
    complete: ["log", "ncsa"],
    mark: (word) => get("ok", `/ok/${word}`).request,
  };
  const requests = [...[...CLEAR, "sick", "director", "nobody", "deny", "own503"].map((path) => get(path)), LONG_FIELD, NO_HTTP];
  const told: Record<string, string> = { ...(await drive(gateway, requests, backends)) };
  for (const name of STREAMED) told[name] = told[name]?.split(" | ")[1] ?? "";
  recordLogs(gateway, "varnish-7.1.1");
  assert.deepEqual(told, STORIES);
  const settings = settingsIn(gateway);
  assert.match(settings["head.timeout"] ?? "", /first_byte_timeout/);
  assert.match(settings["head.too_large"] ?? "", /http_resp_size/);
  assert.match(settings["body.idle_timeout"] ?? "", /between_bytes_timeout/);
});

function rules({ at }: BadBackends): string {
  const backend = (name: string, address: string, more = "") =>
    `backend ${name} { .host = "127.0.0.1"; .port = "${address.split(":")[1]}"; .connect_timeout = 1s; .first_byte_timeout = 1s; .between_bytes_timeout = 1s; ${more} }`;
  const probe = (initial: number) =>
    `.probe = { .url = "/"; .interval = 200ms; .timeout = 200ms; .window = 2; .threshold = 2; .initial = ${initial}; }`;
  const choose = (name: string, how: string) => `if (req.url ~ "^/${name}/") { set req.backend_hint = ${how}; }`;
  return `
import directors;
backend nobody none;
${CLEAR.map((name) => backend(name, at(name))).join("\n")}
${backend("sick", at("silence"), probe(0))}
${backend("failing", at("application503"), probe(0))}
sub vcl_init { new director = directors.round_robin(); director.add_backend(sick); director.add_backend(failing); }
sub vcl_recv {
  ${CLEAR.map((name) => choose(name, name)).join("\n  ")}
  ${choose("sick", "sick")}
  ${choose("director", "director.backend()")}
  if (req.url ~ "^/deny/") { return (synth(403)); }
  if (req.url ~ "^/own503/") { return (synth(503)); }
  return (pass);
}`;
}
