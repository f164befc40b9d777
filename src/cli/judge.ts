import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { startJudge } from "../check/judge/judge.ts";
import { BadKeyFile, openKeyFile } from "../check/judge/key-file.ts";
import { parseListenAddress } from "../config/address.ts";
import type { HostPort } from "../core/address.ts";
import { openFilesMax } from "./open-files.ts";
import { untilEnded } from "./until-ended.ts";
import { UsageError } from "./usage-error.ts";

export interface JudgeFlags {
  readonly listen: readonly string[];
  readonly key?: string;
  readonly cert?: string;
  readonly tlsKey?: string;
}

/** Runs a judge until SIGTERM or Ctrl-C. Its URLs go to stdout, one a line; what else is to say, to stderr. */
export async function runJudge(flags: JudgeFlags): Promise<number> {
  const listen = flags.listen.map(readAddress);
  const identity = readIdentity(flags);
  const opened = flags.key === undefined ? null : openKey(flags.key);
  const ended = untilEnded();
  await using judge = await startJudge({ listen, key: opened?.key ?? null, identity, openFilesMax: openFilesMax() }).catch(
    (error: unknown) => {
      throw toUsageError(error) ?? error;
    },
  );
  for (const url of judge.urls) console.log(url.href);
  for (const line of tellMore(judge.urls, flags.key, opened?.isNew ?? false)) console.error(line);
  await ended;
  return 0;
}

function tellMore(urls: readonly URL[], keyFile: string | undefined, isNew: boolean): string[] {
  const [url] = urls;
  return [
    "goodgateway judge answers HTTP and HTTPS at the addresses above, and signs what it saw",
    `  use it    goodgateway check proxies.txt --judge '${url?.href ?? "http://HOST:PORT/"}'`,
    keyFile === undefined
      ? "  its key is new, and gone when it ends: add --key judge.pem to keep one"
      : `  its key is ${isNew ? "new, and kept in" : "that of"} ${keyFile}`,
    ...(keyFile !== undefined && mayOthersRead(keyFile)
      ? [`  other users can read ${keyFile}, and who has the key can sign what a proxy makes up: chmod 600 ${keyFile}`]
      : []),
    ...(urls.every(({ hostname }) => hostname === "[::1]" || hostname.startsWith("127."))
      ? ["  only proxies of this machine can reach it: --listen 0.0.0.0:8504 is for everybody's"]
      : []),
  ];
}

function mayOthersRead(path: string): boolean {
  if (process.platform === "win32") return false; // it has no such bits
  return (statSync(path).mode & OTHERS) !== 0;
}

/** The bits of a file's mode that are not its owner's. */
const OTHERS = 0o077;

function readAddress(text: string): HostPort {
  const address = parseListenAddress(text);
  if ("problem" in address) throw new UsageError(`--listen ${text}: ${address.problem}`);
  return address;
}

function readIdentity({ cert, tlsKey }: JudgeFlags): { cert: string; key: string } | null {
  if (cert === undefined && tlsKey === undefined) return null;
  if (cert === undefined || tlsKey === undefined)
    throw new UsageError("--cert and --tls-key go together: a certificate and its private key, both PEM");
  const identity = { cert: readText(cert), key: readText(tlsKey) };
  try {
    if (new X509Certificate(identity.cert).checkPrivateKey(createPrivateKey(identity.key))) return identity;
  } catch {
    throw new UsageError(`${cert} and ${tlsKey} cannot be used: a certificate and its private key are wanted, both PEM`);
  }
  throw new UsageError(`the key in ${tlsKey} is not that of the certificate in ${cert}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function openKey(path: string): ReturnType<typeof openKeyFile> {
  try {
    return openKeyFile(path);
  } catch (error) {
    throw error instanceof BadKeyFile ? new UsageError(error.message) : error;
  }
}

function toUsageError(error: unknown): UsageError | null {
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall !== "listen") return null;
  return new UsageError(`cannot listen on ${address}:${port}: ${REASONS[code ?? ""] ?? code}`);
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has that port",
  EACCES: "this user may not; choose a port above 1023",
  EADDRNOTAVAIL: "this machine has no such address; behind NAT it has another than the public one, and 0.0.0.0 stands for all that it has",
};
