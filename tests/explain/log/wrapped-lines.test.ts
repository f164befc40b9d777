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
