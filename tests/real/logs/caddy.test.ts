import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startCaddy } from "../peers/caddy.ts";
import { needs } from "../peers/programs.ts";
import type { Place } from "../peers/start-peer.ts";
import { type BadBackends, backendsOf, ENCRYPTED, startBadBackends } from "./bad-backends.ts";
import { type DrivenGateway, drive, fileLog, GONE, get, recordLogs, settingsIn } from "./driving.ts";

/** What each request's page and the log say. */
const STORIES = {
  "long-body": "502 relay.edge_5xx by edge, Caddy | client.body_too_large",
  "passive-again": "503 relay.edge_5xx by edge, Caddy | gateway.no_healthy_backend",
  "tls-expired": "502 relay.edge_5xx by edge, Caddy | tls.cert_expired",
  "tls-selfSigned": "502 relay.edge_5xx by edge, Caddy | tls.cert_untrusted",
  "tls-silence": "504 relay.edge_5xx by edge, Caddy | tls.handshake_timeout",
  "tls-wantsCertificate": "502 relay.edge_5xx by edge, Caddy | tls.client_cert_required",
  "tls-wrongName": "502 relay.edge_5xx by edge, Caddy | tls.cert_name_mismatch",
  application429: "429 relay.rate_limited by edge | relay.rate_limited",
  application500: "500 relay.origin_5xx by origin, the site's application | answer.500",
  application503: "503 relay.origin_5xx by origin, the site's application | answer.503",
  badChunk: "200 | body.bad_chunk",
  badLength: "502 relay.edge_5xx by edge, Caddy | head.bad_framing",
  badStatusLine: "502 relay.edge_5xx by edge, Caddy | head.bad_status_line",
  fieldWithoutColon: "502 relay.edge_5xx by edge, Caddy | head.bad_field",
  fin: "502 relay.edge_5xx by edge, Caddy | head.closed_empty",
  full: "502 relay.edge_5xx by edge, Caddy | connect.timeout at full",
  gone: "nothing | client.closed_waiting",
  halfHead: "502 relay.edge_5xx by edge, Caddy | head.truncated",
  halfHeadThenSilence: "504 relay.edge_5xx by edge, Caddy | head.timeout",
  hugeField: "502 relay.edge_5xx by edge, Caddy | head.too_large",
  ok: "200 | -",
  own503: "503 relay.origin_5xx by origin, the site's application | answer.503",
  passive: "502 relay.edge_5xx by edge, Caddy | connect.refused at refusing",
  refusing: "502 relay.edge_5xx by edge, Caddy | connect.refused at refusing",
  rst: "502 relay.edge_5xx by edge, Caddy | head.reset at rst",
  silence: "504 relay.edge_5xx by edge, Caddy | head.timeout",
  sshBanner: "502 relay.edge_5xx by edge, Caddy | head.bad_status_line",
  tlsAlert: "502 relay.edge_5xx by edge, Caddy | head.not_http",
  truncatedByChunk: "200 | body.truncated",
  truncatedByLength: "200 | body.truncated",
  twoLengths: "502 relay.edge_5xx by edge, Caddy | head.bad_framing",
  unix: "502 relay.edge_5xx by edge, Caddy | connect.unix_socket at /srv/lab/none.sock",
  unknownCoding: "502 relay.edge_5xx by edge, Caddy | head.bad_transfer_coding",
  unresolvable: "502 relay.edge_5xx by edge, Caddy | dns.nxdomain at nothing.invalid",
};

const CLEAR = backendsOf(STORIES);

for (const format of ["json", "console"]) {
  test(`Caddy's pages and lines (${format}) say of each failure whose it is, and what to change`, needs("caddy"), async () => {
    await using backends = await startBadBackends();
    await using caddy = await startCaddy((place) => sites(place, backends, format), { format });
    const gateway: DrivenGateway = {
      port: caddy.port,
      logs: { [format]: fileLog(join(caddy.directory, "caddy.log")) },
      complete: [format],
      mark: (word) => get("ok", `/ok/${word}`).request,
    };
    const paths = [...CLEAR, ...ENCRYPTED.map((name) => `tls-${name}`), "unix", "passive", "passive-again", "own503"];
    const requests = [
      ...paths.map((path) => get(path)),
      GONE,
      {
        name: "long-body",
        request: "POST /small/x HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\nContent-Length: 20\r\n\r\nabcdefghijklmnopqrst",
      },
    ];
    const told = await drive(gateway, requests, backends);
    recordLogs(gateway, "caddy-2.6.2");
    assert.deepEqual(told, STORIES);
    const settings = settingsIn(gateway);
    assert.match(settings["head.timeout"] ?? "", /response_header_timeout/);
    assert.match(settings["connect.timeout"] ?? "", /dial_timeout/);
    assert.match(settings["tls.cert_untrusted"] ?? "", /tls_trusted_ca_certs/);
  });
}

function sites({ port, directory }: Place, { at, ca }: BadBackends, format: string): string {
  const file = join(directory, "ca.pem");
  writeFileSync(file, ca);
  const proxy = (path: string, to: string, more: string) => `reverse_proxy /${path}/* ${to} {
    transport http {
      dial_timeout 1s
      response_header_timeout 1s
      keepalive off
      ${more}
    }
  }`;
  const tls = `tls_timeout 1s\n tls_trusted_ca_certs ${file}\n tls_server_name backend.test`;
  return `http://:${port} {
  log {
    output file ${join(directory, "caddy.log")}
    format ${format}
  }
  ${CLEAR.map((name) => proxy(name, at(name), "max_response_header 64KiB")).join("\n  ")}
  ${ENCRYPTED.map((name) => proxy(`tls-${name}`, `https://${at(name)}`, tls)).join("\n  ")}
  reverse_proxy /unix/* unix//srv/lab/none.sock
  @passive path /passive/* /passive-again/*
  reverse_proxy @passive ${at("refusing")} {
    fail_duration 60s
  }
  handle /small/* {
    request_body {
      max_size 10
    }
    reverse_proxy ${at("silence")}
  }
  respond /own503/* "no such luck" 503
}`;
}
