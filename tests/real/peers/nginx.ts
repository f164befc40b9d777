import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

/**
 * nginx with one worker. `http` returns what stands inside the http block: upstreams, and servers that listen on
 * `127.0.0.1:${port}`.
 */
export function startNginx(http: (place: Place) => string, options: PeerOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "nginx.conf");
    await writeFile(file, configuration(place, http(place)));
    return ["-e", "stderr", "-p", place.directory, "-c", file];
  };
  return startPeer({ program: "nginx", prepare, stopSignal: "SIGTERM" }, options);
}

function configuration({ directory }: Place, http: string): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${join(directory, name)};`);
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
error_log stderr warn;
pid ${join(directory, "nginx.pid")};
events { worker_connections 8192; }
http {
  access_log off;
  server_tokens off;
  keepalive_requests 1000000;
  ${folders.join("\n  ")}
  ${http}
}
`;
}
