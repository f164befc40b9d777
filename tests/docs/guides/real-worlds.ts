import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostPort } from "../../../src/core/address.ts";
import { BAD_ANSWERS, keepAliveRace } from "../../../src/lab/bad-answers.ts";
import { afterHead, fin, says } from "../../../src/lab/behaviours.ts";
import { startHttpExit } from "../../../src/lab/http-exit.ts";
import { formatAnswer } from "../../../src/lab/lab-http.ts";
import { findClosedPort, startLabServer } from "../../../src/lab/lab-server.ts";
import { createSelfSigned } from "../../../src/net/certificate.ts";
import { startHaproxy } from "../../real/peers/haproxy.ts";
import { startNginx } from "../../real/peers/nginx.ts";
import { startSquid } from "../../real/peers/squid.ts";
import type { Peer } from "../../real/peers/start-peer.ts";
import { startTinyproxy } from "../../real/peers/tinyproxy.ts";
import { PROXY, type RealWorld, SECURE_SITE, SITE } from "./cast.ts";

/** Worlds made of the programs that people run. */
export const REAL_WORLDS: Readonly<Record<string, RealWorld>> = {
  "Squid and three sites": {
    needs: ["squid", "nginx"],
    start: async (props) => ({
      [PROXY]: at(props.use(await startSquid())),
      "closing.example:80": props.use(await startLabServer(afterHead(fin))),
      "cdn.example:80": props.use(await startLabServer(afterHead(says(CLOUDFLARE_502, fin)))),
      "site.example:80": at(props.use(await startNginx(await inFrontOf({ "/": findClosedPort })))),
    }),
  },
  "https site with a dead backend": {
    needs: ["nginx"],
    start: async (props) => ({
      [PROXY]: props.use(await startHttpExit()),
      [SECURE_SITE]: at(props.use(await startNginx(await inFrontOf({ "/": findClosedPort }, true)))),
    }),
  },
  "Squid, dead site": {
    needs: ["squid"],
    start: async (props) => ({ [PROXY]: at(props.use(await startSquid())), [SITE]: await findClosedPort() }),
  },
  "tinyproxy, dead site": {
    needs: ["tinyproxy"],
    start: async (props) => ({ [PROXY]: at(props.use(await startTinyproxy())), [SITE]: await findClosedPort() }),
  },
  "HAProxy without a server that is up": {
    needs: ["haproxy"],
    start: async (props) => {
      const dead = await findClosedPort();
      const haproxy = await startHaproxy(
        ({ port }) => `
frontend web
  bind 127.0.0.1:${port}
  default_backend app
backend app
  retries 0
  server app-1 127.0.0.1:${dead.port}`,
      );
      return { [SITE]: at(props.use(haproxy)) };
    },
  },
  "nginx that keeps connections longer than its backend": {
    needs: ["nginx"],
    start: async (props) => {
      const backend = props.use(await startLabServer(keepAliveRace(fin)));
      const nginx = await startNginx(
        ({ port, directory }) => `
  upstream app { server 127.0.0.1:${backend.port}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    error_log ${join(directory, "error.log")};
    access_log ${join(directory, "access.log")};
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`,
      );
      props.use(nginx);
      return { [SITE]: at(nginx), "/var/log/nginx": nginx.directory };
    },
  },
  "programs with their own configs": { needs: ["apache2", "haproxy", "varnishd"], start: async () => ({}) },
  "nginx and its log": {
    needs: ["nginx"],
    start: async (props) => {
      const backend = (behave: (typeof BAD_ANSWERS)[keyof typeof BAD_ANSWERS]) => async () =>
        props.use(await startLabServer(afterHead(behave)));
      const nginx = props.use(
        await startNginx(
          await inFrontOf({
            "/refusing": findClosedPort,
            "/closing": backend(BAD_ANSWERS.fin),
            "/big": backend(BAD_ANSWERS.hugeField),
            "/garbage": backend(BAD_ANSWERS.garbage),
            "/silent": backend(BAD_ANSWERS.silence),
          }),
        ),
      );
      return {
        [SITE]: at(nginx),
        "/var/log/nginx/error.log": join(nginx.directory, "error.log"),
        "/etc/nginx/nginx.conf": join(nginx.directory, "nginx.conf"),
      };
    },
  },
};

const CLOUDFLARE_502 = formatAnswer(
  502,
  { Server: "cloudflare", "CF-RAY": "8f1e2d3c4b5a6978-FRA", "Content-Type": "text/plain; charset=UTF-8" },
  "error code: 502",
);

/** An address alone, of what a program serves. */
function at({ port }: Peer): HostPort {
  return { host: "127.0.0.1", port };
}

/** nginx's own words for a server in front of backends, by path. It waits a second for each. */
async function inFrontOf(
  backends: Readonly<Record<string, () => Promise<HostPort>>>,
  withTls = false,
): Promise<Parameters<typeof startNginx>[0]> {
  const locations: string[] = [];
  for (const [path, start] of Object.entries(backends)) {
    const { host, port } = await start();
    locations.push(`location ${path} { proxy_pass http://${host}:${port}; }`);
  }
  const dead = await findClosedPort();
  return ({ port, directory }) => {
    const { cert, key } = createSelfSigned({ names: ["site.example"] });
    writeFileSync(join(directory, "cert.pem"), cert);
    writeFileSync(join(directory, "key.pem"), key);
    return `
  upstream pool { ${`server ${dead.host}:${dead.port}; `.repeat(2)} }
  server {
    listen 127.0.0.1:${port}${withTls ? " ssl" : ""};
    ssl_certificate ${join(directory, "cert.pem")}; ssl_certificate_key ${join(directory, "key.pem")};
    error_log ${join(directory, "error.log")};
    proxy_connect_timeout 1s; proxy_read_timeout 1s;
    location /pool { proxy_pass http://pool; }
    ${locations.join("\n    ")}
  }`;
  };
}
