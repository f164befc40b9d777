import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** System programs that the tests use as real peers and clients, each with Debian's package and what is lost without it. */
export const PROGRAMS = {
  apache2: { package: "apache2", purpose: "Apache's pages and logs" },
  caddy: { package: "caddy", purpose: "Caddy's pages and logs" },
  curl: { package: "curl", purpose: "curl as a client" },
  danted: { package: "dante-server", purpose: "Dante as a SOCKS exit" },
  git: { package: "git", purpose: "git as a client" },
  haproxy: { package: "haproxy", purpose: "HAProxy as an exit and as an edge" },
  microsocks: { package: "microsocks", purpose: "microsocks as a SOCKS exit" },
  mitmdump: { package: "mitmproxy", purpose: "mitmproxy as an exit that intercepts" },
  nginx: { package: "nginx-light", purpose: "nginx as a target and as its edge" },
  openssl: { package: "openssl", purpose: "OpenSSL as a TLS client, and password hashes" },
  privoxy: { package: "privoxy", purpose: "Privoxy's pages and logs" },
  python3: { package: "python3-requests python3-socks", purpose: "Python requests as a client" },
  squid: { package: "squid", purpose: "Squid as an exit" },
  tinyproxy: { package: "tinyproxy", purpose: "tinyproxy as an exit" },
  varnishd: { package: "varnish", purpose: "Varnish's pages and logs" },
} as const;

export type Program = keyof typeof PROGRAMS;

/** Where servers live on Debian, which the PATH of a user who is not root leaves out. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The path of a program, or null where the machine has none. A path is taken as it is. */
export function which(program: string): string | null {
  if (isAbsolute(program)) return isExecutable(program) ? program : null;
  const { PATH = "" } = process.env;
  const folders = [...PATH.split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

/**
 * A Python interpreter that can import the modules, or null. Debian's own is asked first: its modules come by apt-get, and a
 * version manager may shadow it in PATH.
 */
export function findPython(modules: readonly string[] = ["requests", "socks"]): string | null {
  const candidates = ["/usr/bin/python3", which("python3")].filter((path) => path !== null && isExecutable(path));
  const imports = `import ${modules.join(", ")}`;
  return candidates.find((path) => path !== null && spawnSync(path, ["-c", imports]).status === 0) ?? null;
}

/** Options for `test()`: skips it, with the reason, where one of the programs is missing. */
export function needs(...programs: Program[]): { skip: string | false } {
  const missing = programs.filter((program) => !isThere(program));
  return { skip: missing.length > 0 && missing.map(explainMissing).join("; ") };
}

/** Why tests that need this program are skipped, and what brings it. */
export function explainMissing(program: Program): string {
  return `${program} is not installed (apt-get install ${PROGRAMS[program].package})`;
}

const found = new Map<Program, boolean>();

/** Looked up once: Python's modules take a process to look for. */
export function isThere(program: Program): boolean {
  const known = found.get(program) ?? (program === "python3" ? findPython() : which(program)) !== null;
  found.set(program, known);
  return known;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
