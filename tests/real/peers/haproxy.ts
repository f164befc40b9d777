import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

/** HAProxy with one thread. `sections` returns what follows the defaults: frontends that bind `127.0.0.1:${port}`, and backends. */
export function startHaproxy(sections: (place: Place) => string, options: PeerOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "haproxy.cfg");
    await writeFile(file, configuration(sections(place)));
    return ["-db", "-f", file];
  };
  return startPeer({ program: "haproxy", prepare }, options);
}

/** `noreuseport`: two test files must not share a port without noticing. */
function configuration(sections: string): string {
  return `
global
  nbthread 1
  maxconn 8192
  noreuseport
  log stdout format raw local0 notice

defaults
  mode http
  log global
  timeout connect 5s
  timeout client 60s
  timeout server 60s

${sections}
`;
}
