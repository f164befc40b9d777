import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

export interface TinyproxyOptions extends PeerOptions {
  /** Names and passwords; without any, everybody may. */
  readonly users?: Readonly<Record<string, string>>;
  /** More lines of its configuration: `ConnectPort 443`, `Upstream http 127.0.0.1:1`. */
  readonly lines?: readonly string[];
  /** It writes all that it says into `tinyproxy.log` in its directory. */
  readonly isLogged?: boolean;
  readonly timeoutSeconds?: number;
}

/** tinyproxy as a forward proxy: one thread for each client. */
export function startTinyproxy(options: TinyproxyOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "tinyproxy.conf");
    await writeFile(file, configuration(place, options));
    return ["-d", "-c", file];
  };
  return startPeer({ program: "tinyproxy", prepare }, options);
}

function configuration(place: Place, { users = {}, lines = [], isLogged = false, timeoutSeconds = 60 }: TinyproxyOptions): string {
  const accounts = Object.entries(users).map(([name, password]) => `BasicAuth ${name} ${password}`);
  const log = isLogged ? ["LogLevel Info", `LogFile "${join(place.directory, "tinyproxy.log")}"`] : ["LogLevel Warning"];
  const own = ["Listen 127.0.0.1", `Port ${place.port}`, `Timeout ${timeoutSeconds}`, "MaxClients 1024"];
  return [...own, ...log, ...accounts, ...lines, ""].join("\n");
}
