import assert from "node:assert/strict";
import { test } from "node:test";
import { LogReader } from "../../../src/explain/log/log-reader.ts";

const REFUSED =
  '2026/11/27 14:02:07 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.0.2:8080/", host: "site.example"';
const ENVOY = '[2026-11-27T14:02:07.470Z] "GET /x HTTP/1.1" 503 UF 0 145 0 - "-" "curl" "44898dba" "site.example" "10.0.0.2:8080"';
const TRAEFIK = '192.0.2.5 - - [27/Nov/2026:14:02:07 +0000] "GET / HTTP/2.0" 502 11 "-" "-" 992 "web@docker" "http://10.0.0.2:8080" 0ms';
const TRAEFIK_OWN = `time="2026-11-27T14:02:07Z" level=debug msg="'502 Bad Gateway' caused by: dial tcp 10.0.0.2:8080: connect: connection refused"`;

/** What syslog, containers and their tools put in front of a line. */
const WRAPPINGS: Readonly<Record<string, (line: string) => string>> = {
  nothing: (line) => line,
  syslog: (line) => `Nov 27 14:02:07 lb program[12]: ${line}`,
  "syslog with its number": (line) => `<134>Nov 27 14:02:07 lb program[12]: ${line}`,
  "journalctl -o short-iso": (line) => `2026-11-27T14:02:07+0000 lb program[12]: ${line}`,
  "docker compose": (line) => `web-1  | ${line}`,
  "docker compose logs -t": (line) => `web-1  | 2026-11-27T14:02:07.471209278Z ${line}`,
  "docker swarm": (line) => `edge_proxy.1.si3c4s8mwvd6@ip-172-31-35-113    | ${line}`,
  "docker logs -t": (line) => `2026-11-27T14:02:07.471209278Z ${line}`,
  "kubectl --prefix": (line) => `[pod/web-7c95d4fbd6-xzs47/app] ${line}`,
  "kubectl --prefix --timestamps": (line) => `[pod/web-7c95d4fbd6-xzs47/app] 2026-11-27T14:02:07.471209278Z ${line}`,
  kubetail: (line) => `[web-7c95d4fbd6-xzs47 app] ${line}`,
  stern: (line) => `web-7c95d4fbd6-xzs47 app ${line}`,
  "a quotation": (line) => `> ${line}`,
  "a block of code": (line) => `    ${line}`,
  "bold letters": (line) => `**${line}**`,
  "the marks of code": (line) => `\`${line}\``,
  quotes: (line) => `"${line}"`,
  "a terminal's colours": (line) => `\u001b[31m${line}\u001b[0m`,
  "a container's file": (line) => `2026-11-27T14:02:07.471209278Z stdout F ${line}`,
  "journalctl -o short-precise": (line) => `Nov 27 14:02:07.123456 lb program[12]: ${line}`,
  "journalctl -o short-full": (line) => `Fri 2026-11-27 14:02:07 UTC lb program[12]: ${line}`,
  "journalctl -o short-unix": (line) => `1795788127.123456 lb program[12]: ${line}`,
  "journalctl -o short-monotonic": (line) => `[12345.678901] lb program[12]: ${line}`,
  "journalctl -o json": (line) =>
    JSON.stringify({ __CURSOR: "s=1", __REALTIME_TIMESTAMP: "1795788127123456", SYSLOG_IDENTIFIER: "program", MESSAGE: line }),
  "journalctl -o json, where it is no UTF-8": (line) => JSON.stringify({ _PID: "12", MESSAGE: [...Buffer.from(line)] }),
  "RFC 5424 with data and a mark of UTF-8": (line) =>
    `<190>1 2026-11-27T14:02:07.123Z lb program 12 ID47 [meta sequenceId="1"][x@1 a="b\\]c"] \ufeff${line}`,
  "syslog's tag": (line) => `program[12]: ${line}`,
  "grep's file": (line) => `/var/log/nginx/error.log:${line}`,
  "grep's file and number": (line) => `error.log:123:${line}`,
  "grep's number": (line) => `123:${line}`,
  "cat's number": (line) => `   123\t${line}`,
  Filebeat: (line) => JSON.stringify({ "@timestamp": "2026-11-27T14:02:07.000Z", log: { offset: 1, file: { path: "/x" } }, message: line }),
  "Fluent Bit": (line) => JSON.stringify({ date: 1795788127.1, log: line, kubernetes: { pod_name: "web" } }),
  "Cloud Logging": (line) => JSON.stringify({ insertId: "1", textPayload: line, timestamp: "2026-11-27T14:02:07.1Z", severity: "ERROR" }),
  CloudWatch: (line) => JSON.stringify({ timestamp: 1795788127123, message: line, ingestionTime: 1795788127999 }),
  "aws logs tail": (line) => `2026-11-27T14:02:07.123000+00:00 ecs/web/0f1e2d3c4b5a ${line}`,
  "a build server, around docker compose": (line) => `2026-11-27T14:02:07.1234567Z web-1  | ${line}`,
  "docker compose in colours": (line) => `\u001b[36mweb-1  |\u001b[0m ${line}`,
  "syslog around docker compose": (line) => `Nov 27 14:02:07 lb docker-compose[99]: web-1  | ${line}`,
  "syslog around docker's file": (line) => `Nov 27 14:02:07 lb dockerd[99]: ${JSON.stringify({ log: `${line}\n`, stream: "stderr" })}`,
  Heroku: (line) => `2026-11-27T14:02:07.123456+00:00 app[web.1]: ${line}`,
  Fly: (line) => `2026-11-27T14:02:07Z app[148e42] fra [info]${line}`,
  runit: (line) => `2026-11-27_14:02:07.12345 ${line}`,
  supervisord: (line) => `2026-11-27 14:02:07,123 DEBG 'web' stderr output:${line}`,
  foreman: (line) => `14:02:07 web.1   | ${line}`,
  pm2: (line) => `0|web  | ${line}`,
  kail: (line) => `default/web-7c95d4fbd6-xzs47[app]: ${line}`,
  "something that nobody knows": (line) => `~~ (lb) ${line}`,
  "docker's file": (line) => JSON.stringify({ log: `${line}\n`, stream: "stdout", time: "2026-11-27T14:02:07.471209278Z" }),
};

for (const [name, wrap] of Object.entries(WRAPPINGS)) {
  test(`lines in ${name} are read as without it, alone and one after another`, () => {
    const lines = [REFUSED, ENVOY, TRAEFIK, TRAEFIK_OWN];
    const read = (text: string) => {
      const reader = new LogReader({ format: null, year: 2026 });
      reader.open("x.log");
      reader.push(Buffer.from(text));
      reader.end();
      const { incidents, unknown } = reader.report();
      assert.equal(unknown.lines, 0, text);
      return incidents.map(({ fault, backend, first }) => `${fault} ${backend} ${first}`).sort();
    };
    for (const line of lines) assert.deepEqual(read(wrap(line)), read(line));
    const many = [...lines, ...lines];
    assert.deepEqual(read(many.map(wrap).join("\n")), read(many.join("\n")));
  });
}
