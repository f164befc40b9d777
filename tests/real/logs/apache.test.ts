import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startApache } from "../peers/apache.ts";
import { needs } from "../peers/programs.ts";
import type { Place } from "../peers/start-peer.ts";
import { type BadBackends, backendsOf, ENCRYPTED, startBadBackends } from "./bad-backends.ts";
import { type DrivenGateway, drive, type Failing, fileLog, get, LONG_FIELD, NO_HTTP, recordLogs, settingsIn } from "./driving.ts";

/** What each request's page, error log and access log say. */
const STORIES = {
  "fcgi-refusing": "503 relay.edge_5xx by edge, Apache | connect.refused at refusing | answer.503",
  "half-body": "nothing | client.closed_during_request at ok | -",
  "long-field": "400 | - | -",
  "long-url": "414 | - | client.uri_too_long",
  "no-http": "400 | - | -",
  "proxy-loop": "400, Apache | gateway.loop_detected | -",
  "tls-expired": "500 relay.edge_5xx by edge, Apache | tls.cert_expired at expired | answer.500",
  "tls-selfSigned": "500 relay.edge_5xx by edge, Apache | tls.cert_untrusted at selfSigned | answer.500",
  "tls-silence": "500 relay.edge_5xx by edge, Apache | tls.handshake_failed at silence | answer.500",
  "tls-wantsCertificate": "500 relay.edge_5xx by edge, Apache | tls.client_cert_required | answer.500",
  "tls-wrongName": "500 relay.edge_5xx by edge, Apache | tls.handshake_failed at wrongName | answer.500",
  application429: "429 relay.rate_limited by edge | - | relay.rate_limited",
  application500: "500 relay.origin_5xx by origin, the site's application | - | answer.500",
  application503: "503 relay.origin_5xx by origin, the site's application | - | answer.503",
  badChunk: "200 | body.invalid | -",
  badLength: "502 relay.edge_5xx by edge, Apache | body.invalid | answer.502",
  deny: "403 | client.denied | -",
  failon: "503 relay.origin_5xx by origin, the site's application | gateway.backend_ejected at application503 | answer.503",
  fcgi: "504 relay.edge_5xx by edge, Apache | head.timeout | answer.504",
  fieldWithSpaceInName: "500 relay.edge_5xx by edge, Apache | head.bad_field | answer.500",
  fieldWithoutColon: "502 relay.edge_5xx by edge, Apache | head.bad_field | answer.502",
  fin: "502 relay.edge_5xx by edge, Apache | head.closed_empty at fin | answer.502",
  full: "503 relay.edge_5xx by edge, Apache | connect.timeout at full | answer.503",
  halfHead: "502 relay.edge_5xx by edge, Apache | head.truncated | answer.502",
  halfHeadThenSilence: "502 relay.edge_5xx by edge, Apache | head.timeout | answer.502",
  hugeField: "502 relay.edge_5xx by edge, Apache | head.field_too_large | answer.502",
  nohandler: "500 relay.edge_5xx by edge, Apache | gateway.config_error | answer.500",
  none: "503 relay.edge_5xx by edge, Apache | gateway.config_error at balancer://none | answer.503",
  ok: "200 | - | -",
  refusing: "503 relay.edge_5xx by edge, Apache | connect.refused at refusing | answer.503",
  rst: "502 relay.edge_5xx by edge, Apache | head.reset at rst | answer.502",
  silence: "502 relay.edge_5xx by edge, Apache | head.timeout at silence | answer.502",
  stallInBody: "200 | body.idle_timeout | -",
  tlsAlert: "502 relay.edge_5xx by edge, Apache | head.closed at tlsAlert | answer.502",
  truncatedByChunk: "200 | body.truncated | -",
  truncatedByLength: "200 | body.truncated | -",
  two: "502 relay.edge_5xx by edge, Apache | connect.refused at refusing, gateway.backend_ejected at refusing, head.reset at rst | answer.502",
  unix: "503 relay.edge_5xx by edge, Apache | connect.unix_socket at unix:/srv/lab/none.sock | answer.503",
  unresolvable: "500 relay.edge_5xx by edge, Apache | dns.nxdomain at nothing.invalid | answer.500",
};

const CLEAR = backendsOf(STORIES);

test("Apache's pages and lines say of each failure whose it is, and what to change", needs("apache2"), async () => {
  await using backends = await startBadBackends();
  await using apache = await startApache((place) => configuration(place, backends));
  const logs = { error: fileLog(join(apache.directory, "error.log")), access: fileLog(join(apache.directory, "access.log")) };
  const gateway: DrivenGateway = { port: apache.port, logs, complete: ["access"], mark: (word) => get("ok", `/ok/${word}`).request };
  const told = await drive(gateway, requests(), backends);
  recordLogs(gateway, "apache-2.4");
  assert.deepEqual(told, STORIES);
  const settings = settingsIn(gateway);
  assert.match(settings["head.timeout"] ?? "", /ProxyTimeout/);
  assert.match(settings["connect.timeout"] ?? "", /connectiontimeout/);
  assert.match(settings["head.field_too_large"] ?? "", /responsefieldsize/);
  assert.match(settings["tls.cert_untrusted"] ?? "", /SSLProxyCACertificateFile/);
  assert.match(settings["connect.unix_socket"] ?? "", /unix:/);
});

function requests(): Failing[] {
  const paths = [
    ...CLEAR,
    ...ENCRYPTED.map((name) => `tls-${name}`),
    "unix",
    "fcgi",
    "fcgi-refusing",
    "nohandler",
    "two",
    "none",
    "failon",
  ];
  return [
    ...paths.map((path) => get(path)),
    get("deny"),
    LONG_FIELD,
    get("long-url", `/ok/${"x".repeat(9000)}`),
    get("proxy-loop", "/ok/x", "Max-Forwards: 0\r\n"),
    NO_HTTP,
    { name: "half-body", request: "POST /ok/x HTTP/1.1\r\nHost: site.example\r\nContent-Length: 100\r\n\r\nab", leaveMs: 200 },
  ];
}

function configuration({ directory }: Place, { at, ca }: BadBackends): string {
  const file = join(directory, "ca.pem");
  writeFileSync(file, ca);
  return `
LogLevel warn
Timeout 5
ProxyTimeout 1
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile ${file}
${CLEAR.map((name) => `ProxyPass /${name}/ http://${at(name)}/ connectiontimeout=1`).join("\n")}
${ENCRYPTED.map((name) => `ProxyPass /tls-${name}/ https://${at(name)}/`).join("\n")}
ProxyPass /unix/ unix:/srv/lab/none.sock|http://localhost/
ProxyPass /fcgi/ fcgi://${at("silence")}/
ProxyPass /fcgi-refusing/ fcgi://${at("refusing")}/
ProxyPass /nohandler/ ajp://${at("refusing")}/
<Proxy balancer://two>
  BalancerMember http://${at("refusing")}
  BalancerMember http://${at("rst")}
</Proxy>
<Proxy balancer://none>
</Proxy>
<Proxy balancer://failon>
  BalancerMember http://${at("application503")}
  ProxySet failonstatus=503
</Proxy>
ProxyPass /two/ balancer://two/
ProxyPass /none/ balancer://none/
ProxyPass /failon/ balancer://failon/
<Location /deny/>
  Require all denied
</Location>
`;
}
