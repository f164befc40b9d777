import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";
import type { LogReport } from "../../../src/explain/log/log-report.ts";

function read(...lines: readonly string[]): LogReport {
  const reader = new LogReader({ format: null, year: 2026 });
  reader.open("error.log");
  reader.push(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  reader.end();
  return reader.report();
}

function told(...lines: readonly string[]): string[] {
  return read(...lines).incidents.map(({ fault, backend, count }) => `${count} ${fault} ${backend ?? "-"}`);
}

const START = "[Fri Nov 27 07:54:21.994590 2026]";
const REFUSED = `${START} [proxy:error] [pid 22048:tid 22060] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:1 (app.internal:8080) failed`;
const NOT_MADE = `${START} [proxy_http:error] [pid 22048:tid 22060] [client 192.0.2.1:60250] AH01114: HTTP: failed to make connection to backend: app.internal`;

test("two lines of one thread about one failure count once, and the second alone still counts", () => {
  assert.deepEqual(told(REFUSED, NOT_MADE), ["1 connect.refused app.internal:8080"]);
  assert.deepEqual(told(NOT_MADE), ["1 connect.failed app.internal"]);
  assert.deepEqual(told(REFUSED, NOT_MADE.replace("tid 22060", "tid 22061")).toSorted(), [
    "1 connect.failed app.internal",
    "1 connect.refused app.internal:8080",
  ]);
});

test("a failed handshake with a backend is told by what the certificate's check said, and once", () => {
  const lines = [
    `${START} [ssl:error] [pid 1:tid 2] [remote 192.0.2.9:443] AH02039: Certificate Verification: Error (10): certificate has expired`,
    `${START} [proxy:error] [pid 1:tid 2] (20014)Internal error (specific information not available): [client 192.0.2.1:5] AH01084: pass request body failed to 192.0.2.9:443 (api.example)`,
    `${START} [proxy:error] [pid 1:tid 2] [client 192.0.2.1:5] AH00898: Error during SSL Handshake with remote server returned by /x`,
    `${START} [proxy_http:error] [pid 1:tid 2] [client 192.0.2.1:5] AH01097: pass request body failed to 192.0.2.9:443 (api.example) from 192.0.2.1 ()`,
  ];
  assert.deepEqual(told(...lines), ["1 tls.cert_expired 192.0.2.9:443"]);
  assert.deepEqual(told(...lines.slice(1)), ["1 tls.handshake_failed api.example:443"]);
});

test("the system's error decides between a slow backend, one that resets and one that closes", () => {
  const line = (error: string) =>
    `${START} [proxy_http:error] [pid 1:tid 2] ${error}[client 192.0.2.1:5] AH01102: error reading status line from remote server 10.0.0.2:8080, referer: https://a.example/?token=geheim`;
  assert.deepEqual(told(line("(70007)The timeout specified has expired: ")), ["1 head.timeout 10.0.0.2:8080"]);
  assert.deepEqual(told(line("(104)Connection reset by peer: ")), ["1 head.reset 10.0.0.2:8080"]);
  assert.deepEqual(told(line("(20014)Internal error (specific information not available): ")), ["1 head.closed_empty 10.0.0.2:8080"]);
  assert.deepEqual(told(line("(70014)End of file found: ")), ["1 head.closed 10.0.0.2:8080"]);
  assert.ok(!JSON.stringify(read(line(""))).includes("geheim"));
});

test("lines of debug levels, of a format with ISO times, of syslog and of the start are read", () => {
  const rest = "AH00957: http: attempt to connect to 10.0.0.2:80 (10.0.0.2:80) failed";
  assert.deepEqual(told(`${START} [proxy:error] [pid 1:tid 2] proxy_util.c(3267): (113)No route to host: ${rest}`), [
    "1 connect.host_unreachable 10.0.0.2:80",
  ]);
  assert.deepEqual(told(`[2026-11-27 14:02:07.123456] [proxy:error] [pid 7] (111)Connection refused: ${rest}`), [
    "1 connect.refused 10.0.0.2:80",
  ]);
  assert.deepEqual(told(`Nov 27 14:02:07 web apache2[7]: [proxy:error] [pid 7:tid 9] (111)Connection refused: ${rest}`), [
    "1 connect.refused 10.0.0.2:80",
  ]);
  const bound = "(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80";
  assert.deepEqual(told(bound, "AH00558: apache2: Could not reliably determine the server's name"), ["1 gateway.config_error -"]);
});

test("applications behind Apache: FastCGI, CGI, WSGI and PHP", () => {
  const line = (module: string, text: string) => `${START} [${module}:error] [pid 1] [client 192.0.2.1:5] ${text}`;
  assert.deepEqual(
    told(
      line("proxy_fcgi", "AH01071: Got error 'PHP message: PHP Fatal error:  Uncaught TypeError in /srv/app.php:3'"),
      line("proxy_fcgi", "AH01071: Got error 'PHP message: PHP Warning:  Undefined variable $a in /srv/app.php on line 3'"),
      line("wsgi", "Traceback (most recent call last):"),
      line("wsgi", "mod_wsgi (pid=9): Exception occurred processing WSGI script '/srv/app.wsgi'."),
    ),
    ["2 origin.app_stderr -"],
  );
  assert.deepEqual(told(line("cgid", "End of script output before headers: a.cgi")), ["1 head.closed -"]);
  assert.deepEqual(told(line("wsgi", "Timeout when reading response headers from daemon process 'app': /srv/app.wsgi")), [
    "1 head.timeout -",
  ]);
  assert.deepEqual(
    told(
      `${START} [mpm_event:error] [pid 1:tid 1] AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting`,
    ),
    ["1 gateway.overloaded -"],
  );
});

test("lines of AJP, of a slow client and of settings that are wrong, as people have them in their logs", () => {
  const ajp = [
    `${START} [proxy_ajp:error] [pid 1:tid 2] (70007)The timeout specified has expired: AH01030: ajp_ilink_receive() can't receive header`,
    `${START} [proxy_ajp:error] [pid 1:tid 2] [client 192.0.2.1:5] AH00992: ajp_read_header: ajp_ilink_receive failed`,
    `${START} [proxy_ajp:error] [pid 1:tid 2] (70007)The timeout specified has expired: [client 192.0.2.1:5] AH00878: read response failed from 10.0.0.2:8009 (tomcat)`,
  ];
  assert.deepEqual(told(...ajp), ["1 head.timeout tomcat:8009"]);
  assert.deepEqual(told(`${START} [reqtimeout:info] [pid 1:tid 2] [client 192.0.2.1:5] AH01382: Request body read timeout`), [
    "1 client.body_timeout -",
  ]);
  const tls = [
    `${START} [core:error] [pid 1:tid 2] [remote 10.0.0.2:443] AH01961:  failed to enable ssl support [Hint: if using mod_ssl, see SSLProxyEngine]`,
    `${START} [proxy:error] [pid 1:tid 2] AH00961: https: failed to enable ssl support for 10.0.0.2:443 (10.0.0.2)`,
  ];
  assert.deepEqual(told(...tls), ["1 gateway.config_error 10.0.0.2:443"]);
  const slash = `${START} [proxy:error] [pid 1:tid 2] (EAI 2)Name or service not known: [client 192.0.2.1:5] AH00898: DNS lookup failure for: 10.0.0.2:8080page returned by /page`;
  assert.match(read(slash).incidents[0]?.setting ?? "", /a slash at the end of the URL/);
  const denied = "[proxy:error] [pid 123] (13)Permission denied: AH00957: HTTP: attempt to connect to 172.21.0.11:8080 (backend) failed";
  assert.deepEqual(told(denied), ["1 connect.acl_denied 172.21.0.11:8080"]);
});

test("a warning that no rule knows is shown, and a line of another program is none of Apache's", () => {
  const { unexplained, unknown } = read(`${START} [md:warn] [pid 1:tid 2] AH99999: something new`, "[error] something else");
  assert.deepEqual([unexplained.lines, unknown.lines], [1, 1]);
});

test("an access log that ends in microseconds tells that all requests ended after the same time", () => {
  const line = (second: number, end: string) =>
    `192.0.2.${second} - - [27/Nov/2026:14:02:1${second} +0000] "GET /x${second} HTTP/1.1" 502 671 "-" "agent" ${end}`;
  for (const end of ["60002345", "60/60002345"]) {
    const [incident] = read(...[1, 2, 3, 4].map((second) => line(second, end))).incidents;
    assert.match(incident?.suspicions.join() ?? "", /4 of 4 ended after 60 s/);
  }
  assert.deepEqual(read(line(1, "671")).incidents[0]?.suspicions, []);
});
