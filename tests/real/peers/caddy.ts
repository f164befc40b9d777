import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

export interface CaddyOptions extends PeerOptions {
  /** Of its log: `json` or `console`. */
  readonly format?: string;
}

/** Caddy without its admin port; `sites` returns what follows the global options. What it says of itself is `caddy.log` in its directory. */
export function startCaddy(sites: (place: Place) => string, { format = "json", ...options }: CaddyOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "Caddyfile");
    await writeFile(file, configuration(place, format, sites(place)));
    return ["run", "--adapter", "caddyfile", "--config", file];
  };
  const environment = ({ directory }: Place) => ({ XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory });
  return startPeer({ program: "caddy", prepare, environment, stopSignal: "SIGTERM" }, options);
}

function configuration({ directory }: Place, format: string, sites: string): string {
  return `{
  admin off
  auto_https off
  storage file_system ${join(directory, "storage")}
  log {
    output file ${join(directory, "caddy.log")}
    format ${format}
  }
}
${sites}
`;
}
