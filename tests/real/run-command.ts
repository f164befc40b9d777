import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { formatHostPort, type HostPort } from "../../src/core/address.ts";

/** What a command left behind. */
export interface Finished {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  /** As latin1: one character a byte. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Added to an environment that has nothing of the machine's proxies, nor of its users. */
  readonly env?: Readonly<Record<string, string>>;
  /** For its standard input. */
  readonly input?: string;
}

/** A hung program must not hang the tests; a loaded machine must not fail them. */
const DEADLINE_MS = 50_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Runs a program to its end. */
export function runCommand(program: string, args: readonly string[], { env = {}, input }: CommandOptions = {}): Promise<Finished> {
  const { PATH = "" } = process.env;
  const settings = {
    encoding: "latin1",
    timeout: DEADLINE_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { PATH, HOME: tmpdir(), LC_ALL: "C", ...env },
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ status, stdout, stderr });
    });
    child.stdin?.on("error", () => {}); // it may end before it has read all
    child.stdin?.end(input);
  });
}

/** curl through a proxy, with nothing of the machine's own settings; errors on stderr, no progress. */
export function curl(proxy: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return runCommand("curl", ["-q", "-sS", "--noproxy", "", "-x", proxy, ...args], options);
}

/** The gateway as the proxy URL of a client. */
export function proxyUrl(scheme: string, address: HostPort): string {
  return `${scheme}://${formatHostPort(address)}`;
}
