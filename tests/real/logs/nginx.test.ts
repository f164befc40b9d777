import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startNginx } from "../peers/nginx.ts";
import { needs } from "../peers/programs.ts";
import type { Place } from "../peers/start-peer.ts";
import { type BadBackends, backendsOf, ENCRYPTED, startBadBackends } from "./bad-backends.ts";
import { type DrivenGateway, drive, fileLog, GONE, get, LONG_FIELD, NO_HTTP, recordLogs, settingsIn } from "./driving.ts";

/** What each request's page, error log and access log say. */
const STORIES = {
  "long-field": "400, nginx | client.header_too_large | -",
  "no-http": "400, nginx | - | -",
  "tls-expired": "502 relay.edge_5xx by edge, nginx | tls.cert_expired at expired | answer.502",
  "tls-selfSigned": "502 relay.edge_5xx by edge, nginx | tls.cert_untrusted at selfSigned | answer.502",
  "tls-silence": "504 relay.edge_5xx by edge, nginx | tls.handshake_timeout at silence | answer.504",
  "tls-wantsCertificate": "502 relay.edge_5xx by edge, nginx | tls.version_or_cipher at wantsCertificate | answer.502",
  "tls-wrongName": "502 relay.edge_5xx by edge, nginx | tls.cert_name_mismatch at wrongName | answer.502",
  "two-again": "502 relay.edge_5xx by edge, nginx | gateway.no_healthy_backend at two | answer.502",
  application500: "500 relay.origin_5xx by origin, the site's application | - | answer.500",
  application503: "503 relay.origin_5xx by origin, the site's application | - | answer.503",
  badChunk: "nothing | body.bad_chunk at badChunk | -",
  badStatusLine: "no answer | head.not_http at badStatusLine | -",
  deny: "403, nginx | client.denied | -",
  fieldWithSpaceInName: "502 relay.edge_5xx by edge, nginx | head.bad_field at fieldWithSpaceInName | answer.502",
  fin: "502 relay.edge_5xx by edge, nginx | head.closed at fin | answer.502",
  full: "504 relay.edge_5xx by edge, nginx | connect.timeout at full | answer.504",
  gone: "nothing | client.closed_waiting at silence | client.closed_waiting",
  halfHead: "502 relay.edge_5xx by edge, nginx | head.closed at halfHead | answer.502",
  halfHeadThenSilence: "504 relay.edge_5xx by edge, nginx | head.timeout at halfHeadThenSilence | answer.504",
  hugeField: "502 relay.edge_5xx by edge, nginx | head.too_large at hugeField | answer.502",
  hugeHead: "502 relay.edge_5xx by edge, nginx | head.too_large at hugeHead | answer.502",
  ok: "200, the site's application | - | -",
  refusing: "502 relay.edge_5xx by edge, nginx | connect.refused at refusing | answer.502",
  rst: "502 relay.edge_5xx by edge, nginx | head.reset at rst | answer.502",
  silence: "504 relay.edge_5xx by edge, nginx | head.timeout at silence | answer.504",
  stallInBody: "200, the site's application | body.idle_timeout at stallInBody | -",
  tlsAlert: "no answer | head.not_http at tlsAlert | -",
  truncatedByChunk: "200, the site's application | body.truncated at truncatedByChunk | -",
  truncatedByLength: "200, the site's application | body.truncated at truncatedByLength | -",
  two: "502 relay.edge_5xx by edge, nginx | connect.refused at refusing, gateway.backend_ejected at refusing, gateway.backend_ejected at rst, head.reset at rst | answer.502",
  unix: "502 relay.edge_5xx by edge, nginx | connect.unix_socket at unix:/srv/lab/none.sock | answer.502",
};

const CLEAR = backendsOf(STORIES);

test("nginx's pages and lines say of each failure whose it is, and what to change", needs("nginx"), async () => {
  await using backends = await startBadBackends();
  await using nginx = await startNginx((place) => sites(place, backends));
  const logs = { error: fileLog(join(nginx.directory, "error.log")), access: fileLog(join(nginx.directory, "access.log")) };
  const gateway: DrivenGateway = { port: nginx.port, logs, complete: ["access"], mark: (word) => get("ok", `/ok/${word}`).request };
  const paths = [...CLEAR, ...ENCRYPTED.map((name) => `tls-${name}`), "two", "two-again", "unix", "deny"];
  const requests = [...paths.map((path) => get(path)), LONG_FIELD, GONE, NO_HTTP];
  const told = await drive(gateway, requests, backends);
  recordLogs(gateway, "nginx");
  assert.deepEqual(told, STORIES);
  const settings = settingsIn(gateway);
  assert.match(settings["head.timeout"] ?? "", /proxy_read_timeout/);
  assert.match(settings["head.too_large"] ?? "", /proxy_buffer_size/);
  assert.match(settings["connect.timeout"] ?? "", /proxy_connect_timeout/);
  assert.match(settings["tls.cert_untrusted"] ?? "", /proxy_ssl_trusted_certificate/);
});

function sites({ port, directory }: Place, { at, ca }: BadBackends): string {
  const file = join(directory, "ca.pem");
  writeFileSync(file, ca);
  const location = (path: string, to: string) => `location /${path}/ { proxy_pass ${to}; }`;
  return `
  upstream two { server ${at("refusing")}; server ${at("rst")}; }
  server {
    listen 127.0.0.1:${port};
    error_log ${join(directory, "error.log")} info;
    access_log ${join(directory, "access.log")};
    proxy_connect_timeout 1s; proxy_read_timeout 1s; proxy_http_version 1.1;
    proxy_ssl_verify on; proxy_ssl_trusted_certificate ${file}; proxy_ssl_name backend.test; proxy_ssl_server_name on;
    ${CLEAR.map((name) => location(name, `http://${at(name)}`)).join("\n    ")}
    ${ENCRYPTED.map((name) => location(`tls-${name}`, `https://${at(name)}`)).join("\n    ")}
    location ~ ^/two { proxy_pass http://two; }
    ${location("unix", "http://unix:/srv/lab/none.sock:")}
    location /deny/ { deny all; }
  }`;
}
