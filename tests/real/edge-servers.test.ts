import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, silence } from "../../src/lab/behaviours.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { ask, REFUSING, tell } from "./ask.ts";
import { startApache } from "./peers/apache.ts";
import { startCaddy } from "./peers/caddy.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import type { Peer } from "./peers/start-peer.ts";
import { startVarnish } from "./peers/varnish.ts";

/** What an edge's backends do, by path, as `host:port`. */
type Backends = Readonly<Record<"refusing" | "silent" | "closing", string>>;
/** What the gateway makes of the edge's answer at each path. */
type Stories = Readonly<Record<keyof Backends, readonly [status: number, evidence: string]>>;

const EDGES: readonly {
  readonly program: "apache2" | "varnishd" | "caddy";
  readonly start: (backends: Backends) => Promise<Peer>;
  readonly stories: Stories;
}[] = [
  {
    program: "apache2",
    start: (backends) => startApache(() => `ProxyTimeout 1\n${each(backends, (name, address) => `ProxyPass /${name} http://${address}/`)}`),
    stories: {
      refusing: [503, "Apache made this 503: no backend of it accepts connections, or it is closed for maintenance"],
      silent: [502, 'Apache made this 502: its backend failed: "Error reading from remote server"'],
      closing: [502, 'Apache made this 502: its backend failed: "Error reading from remote server"'],
    },
  },
  {
    program: "varnishd",
    start: (backends) => startVarnish(() => vcl(backends)),
    stories: {
      refusing: [503, 'Varnish made this 503: it says "Backend fetch failed"'],
      silent: [503, 'Varnish made this 503: it says "Backend fetch failed"'],
      closing: [503, 'Varnish made this 503: it says "Backend fetch failed"'],
    },
  },
  {
    program: "caddy",
    start: (backends) =>
      startCaddy(({ port }) => {
        const proxy = (name: string, address: string) =>
          `reverse_proxy /${name} ${address} {\n transport http {\n response_header_timeout 1s\n }\n}`;
        return `http://:${port} {\n${each(backends, proxy)}\n}`;
      }),
    stories: {
      refusing: [502, "Caddy made this 502: its backend refused, broke off or sent nothing usable"],
      silent: [504, "Caddy made this 504: its backend did not answer in time"],
      closing: [502, "Caddy made this 502: its backend refused, broke off or sent nothing usable"],
    },
  },
];

for (const { program, start, stories } of EDGES) {
  test(
    `what ${program} says of its backends is held against the edge, directly and through Squid`,
    needs(program, "squid", "curl"),
    async () => {
      await using silent = await startLabServer(afterHead(silence));
      await using closing = await startLabServer(afterHead(fin));
      await using edge = await start({ refusing: REFUSING, silent: `127.0.0.1:${silent.port}`, closing: `127.0.0.1:${closing.port}` });
      await using squid = await startSquid();
      for (const [exits, state] of [
        [[], "direct"],
        [[`127.0.0.1:${squid.port}`], "exit healthy"],
      ] as const) {
        for (const [path, [status, evidence]] of Object.entries(stories)) {
          const asked = await ask([`http://127.0.0.1:${edge.port}/${path}`], { exits: [...exits] });
          assert.equal(tell(asked), `relayed relay.edge_5xx by edge, ${state}`, path);
          assert.equal(asked.record.status, status, path);
          assert.equal(asked.record.verdict?.evidence[0], evidence);
        }
      }
    },
  );
}

function each(backends: Backends, write: (name: string, address: string) => string): string {
  return Object.entries(backends)
    .map(([name, address]) => write(name, address))
    .join("\n");
}

function vcl(backends: Backends): string {
  const declare = (name: string, address: string) =>
    `backend ${name} { .host = "127.0.0.1"; .port = "${address.split(":")[1]}"; .first_byte_timeout = 1s; }`;
  const choose = (name: string) => `if (req.url == "/${name}") { set req.backend_hint = ${name}; }`;
  return `${each(backends, declare)}\nsub vcl_recv { ${each(backends, choose)} return (pass); }`;
}
