import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

/** Dante's SOCKS server (`sockd`, which Debian calls `danted`), for versions 4 and 5, open to everybody. */
export function startDante(options: PeerOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "danted.conf");
    await writeFile(file, configuration(place));
    return ["-f", file, "-p", join(place.directory, "danted.pid"), "-N", "1"];
  };
  return startPeer({ program: "danted", prepare, stopSignal: "SIGTERM" }, options); // its children end with it at no other signal
}

function configuration({ port }: Place): string {
  return `
logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }
`;
}
