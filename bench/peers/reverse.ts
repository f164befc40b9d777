import { startHaproxy } from "../../tests/real/peers/haproxy.ts";
import { startNginx } from "../../tests/real/peers/nginx.ts";
import type { Peer } from "../../tests/real/peers/start-peer.ts";
import { LOAD_CPU, PROXY_CPU } from "../cores.ts";

const BODY = "x".repeat(64);

/** The target of all requests: nginx that answers 64 bytes. It takes absolute-form requests too. */
export function startTarget(): Promise<Peer> {
  return startNginx(({ port }) => `server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "${BODY}"; } }`, {
    cpu: LOAD_CPU,
  });
}

/** nginx as a reverse proxy that keeps its connections to the target. */
export function startNginxProxy(targetPort: number): Promise<Peer> {
  const http = ({ port }: { port: number }) => `
  upstream target { server 127.0.0.1:${targetPort}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`;
  return startNginx(http, { cpu: PROXY_CPU });
}

/** HAProxy, likewise. It forwards absolute-form requests as they are, so that on the load's core it also serves as an HTTP exit. */
export function startHaproxyProxy(targetPort: number, cpu: number): Promise<Peer> {
  const sections = ({ port }: { port: number }) => `
listen proxy
  bind 127.0.0.1:${port} backlog 4096
  http-reuse always
  server target 127.0.0.1:${targetPort}`;
  return startHaproxy(sections, { cpu });
}
