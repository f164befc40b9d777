import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

/** Where Debian has Apache's modules. */
const MODULES = "/usr/lib/apache2/modules";
const LOADED = [
  "mpm_event",
  "authz_core",
  "authz_host",
  "slotmem_shm",
  "proxy",
  "proxy_http",
  "proxy_connect",
  "proxy_fcgi",
  "proxy_balancer",
  "lbmethod_byrequests",
  "reqtimeout",
  "socache_shmcb",
  "ssl",
];

/** Apache with one child process; `lines` returns what stands behind `Listen`. Its logs are `error.log` and `access.log` in its directory. */
export function startApache(lines: (place: Place) => string, options: PeerOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "apache.conf");
    await writeFile(file, configuration(place, lines(place)));
    return ["-X", "-f", file];
  };
  return startPeer({ program: "apache2", prepare, stopSignal: "SIGTERM" }, options);
}

function configuration({ port, directory }: Place, lines: string): string {
  return `
ServerName apache.test
ServerRoot ${directory}
PidFile ${join(directory, "apache.pid")}
DefaultRuntimeDir ${directory}
Mutex default:${directory}
${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
User nobody
Group nogroup
ErrorLog ${join(directory, "error.log")}
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog ${join(directory, "access.log")} combined
ServerSignature On
Listen 127.0.0.1:${port}
${lines}
`;
}
