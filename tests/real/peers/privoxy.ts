import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { which } from "./programs.ts";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

export interface PrivoxyOptions extends PeerOptions {
  /** More lines of its configuration: `forward dead.example/ 127.0.0.1:1`. */
  readonly lines?: readonly string[];
  /** Hosts that its actions block. */
  readonly blocked?: readonly string[];
}

/** Privoxy as a forward proxy that changes nothing. It writes all that it says into `privoxy.log` in its directory. */
export function startPrivoxy({ lines = [], blocked = [], ...options }: PrivoxyOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "config");
    await writeFile(join(place.directory, "user.action"), ["{+block{no}}", ...blocked, ""].join("\n"));
    await writeFile(file, configuration(place, lines));
    // In the foreground it knows no log file.
    return ["-c", 'exec "$0" --no-daemon "$1" 2>"$2"', which("privoxy") ?? "privoxy", file, join(place.directory, "privoxy.log")];
  };
  return startPeer({ program: "sh", prepare }, options);
}

/** `debug`: requests, what it does not let through and why, its start, errors. */
function configuration({ port, directory }: Place, lines: readonly string[]): string {
  return [
    "confdir /etc/privoxy",
    "templdir /etc/privoxy/templates",
    `logdir ${directory}`,
    `actionsfile ${join(directory, "user.action")}`,
    `listen-address 127.0.0.1:${port}`,
    "debug 1",
    "debug 1024",
    "debug 4096",
    "debug 8192",
    "socket-timeout 1",
    ...lines,
    "",
  ].join("\n");
}
