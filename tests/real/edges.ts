import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../../src/net/certificate.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { startNginx } from "./peers/nginx.ts";
import type { Peer } from "./peers/start-peer.ts";

/** What the backends behind an edge do, as `host:port`. */
export interface Backends {
  readonly refusing: string;
  readonly silent: string;
  readonly closing: string;
}

/** nginx in front of bad backends: `/refusing`, `/silent`, `/closing`; and of itself: `/own500`, `/application500`. */
export function startNginxEdge(backends: Backends, identity: Identity | null = null): Promise<Peer> {
  return startNginx(({ port, directory }) => {
    const tls = identity === null ? "" : `ssl_certificate ${save("cert")}; ssl_certificate_key ${save("key")};`;
    function save(part: keyof Identity): string {
      const file = join(directory, `${part}.pem`);
      writeFileSync(file, (identity as Identity)[part]);
      return file;
    }
    return `server {
      listen 127.0.0.1:${port}${tls === "" ? "" : " ssl"}; ${tls}
      proxy_read_timeout 1s;
      location /refusing { proxy_pass http://${backends.refusing}; }
      location /silent { proxy_pass http://${backends.silent}; }
      location /closing { proxy_pass http://${backends.closing}; }
      location /own500 { return 500; }
      location /application500 { return 500 "no such luck"; }
    }`;
  });
}

/** HAProxy in front of the same, and `/nobody`, a backend without a server. */
export function startHaproxyEdge({ refusing, silent, closing }: Backends): Promise<Peer> {
  const backend = (name: string, server: string) => `backend ${name}\n  retries 0\n  timeout server 1s\n  server one ${server}`;
  return startHaproxy(
    ({ port }) => `
frontend edge
  bind 127.0.0.1:${port}
  use_backend %[path,field(2,/)]

backend nobody
${backend("refusing", refusing)}
${backend("silent", silent)}
${backend("closing", closing)}`,
  );
}
