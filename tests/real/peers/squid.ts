import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Place, startPeer } from "./start-peer.ts";

export interface SquidOptions extends PeerOptions {
  /** Names and passwords; without any, everybody may. */
  readonly users?: Readonly<Record<string, string>>;
  /** More lines of squid.conf, ahead of the access rules: `acl bad dstdomain x.test`, `http_access deny bad`. */
  readonly lines?: readonly string[];
  /** The same, of its directory, with its access logs; without it there are none. */
  readonly logged?: (directory: string) => readonly string[];
}

const SEGMENTS = ["cf__metadata", "cf__queues", "cf__readers"];

/** Squid as a forward proxy without a cache: one process, quick to stop. */
export function startSquid(options: SquidOptions = {}): Promise<Peer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "squid.conf");
    await writeFile(file, configuration(place, options));
    await writeFile(helperPath(place), authenticator(options.users ?? {}), { mode: 0o755 });
    return ["-N", "-n", serviceName(place), "-d", "1", "-f", file];
  };
  return startPeer({ program: "squid", prepare, cleanUp: removeSharedMemory }, options);
}

/** Names the shared memory too, which else only one Squid of a machine can have. */
function serviceName({ port }: Place): string {
  return `port${port}`;
}

/** Left behind by SIGKILL; an orderly end of Squid would take two seconds. */
async function removeSharedMemory(place: Place): Promise<void> {
  await Promise.all(SEGMENTS.map((segment) => rm(join("/dev/shm", `${serviceName(place)}-${segment}.shm`), { force: true })));
}

function configuration(place: Place, { users, lines = [], logged }: SquidOptions): string {
  const access =
    users === undefined ? ["http_access allow all"] : [...authentication(place), "http_access allow known", "http_access deny all"];
  return `
http_port 127.0.0.1:${place.port}
visible_hostname squid.test
pid_filename none
shutdown_lifetime 0 seconds
cache deny all
cache_mem 0
memory_cache_shared off
${logged === undefined ? "access_log none" : logged(place.directory).join("\n")}
cache_store_log none
cache_log ${join(place.directory, "cache.log")}
coredump_dir ${place.directory}
netdb_filename none
pinger_enable off
dns_timeout 2 seconds
connect_timeout 3 seconds
max_filedescriptors 8192
${lines.join("\n")}
${access.join("\n")}
`;
}

function authentication(place: Place): string[] {
  return [
    `auth_param basic program /bin/sh ${helperPath(place)}`,
    "auth_param basic children 1",
    "auth_param basic realm squid.test",
    "acl known proxy_auth REQUIRED",
  ];
}

function helperPath({ directory }: Place): string {
  return join(directory, "check-password.sh");
}

/** Squid asks with one line, "name password" percent-encoded, and wants OK or ERR. */
function authenticator(users: Readonly<Record<string, string>>): string {
  const known = Object.entries(users).map(
    ([name, password]) => `'${encodeURIComponent(name)} ${encodeURIComponent(password)}') echo OK ;;`,
  );
  return `while read -r line; do case "$line" in\n${[...known, "*) echo ERR ;;"].join("\n")}\nesac; done\n`;
}
