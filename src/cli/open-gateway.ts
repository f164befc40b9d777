import { type Gateway, type GatewayOptions, startGateway } from "../app.ts";
import type { Config } from "../core/settings.ts";
import { UsageError } from "./usage-error.ts";
import { keepRecordsYoung } from "./young-records.ts";

/** Starts the gateway; what a user can mend (a taken port, a bad certificate, lists without an exit) is a UsageError. */
export async function openGateway(config: Config, options: Pick<GatewayOptions, "log"> & Partial<GatewayOptions>): Promise<Gateway> {
  keepRecordsYoung();
  const gateway = await startGateway(config, { env: process.env, ...options }).catch((error: unknown) => {
    throw toUsageError(error) ?? error;
  });
  // A list behind a URL may come later; files are as they are.
  const mayGrow = config.sources.some((source) => source.kind === "url");
  if (gateway.pool.size === 0 && config.exchange.direct === "never" && !mayGrow) {
    await gateway[Symbol.asyncDispose]();
    throw new UsageError("no list has a usable exit; the lines above say what is wrong with them");
  }
  return gateway;
}

function toUsageError(error: unknown): UsageError | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall === "listen") return new UsageError(`cannot listen on ${address}:${port}: ${REASONS[code ?? ""] ?? code}`);
  if (code?.startsWith("ERR_OSSL") || code?.startsWith("ERR_TLS"))
    return new UsageError(`the listener's certificate and key cannot be used: ${error.message}`);
  return null;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has that port; stop it, or choose another with --listen (or --admin)",
  EACCES: "this user may not; choose a port above 1023",
  EADDRNOTAVAIL: "this machine has no such address",
  EMFILE: "this process has no file descriptor left; raise the limit of open files (ulimit -n, LimitNOFILE), or lower check.concurrent",
};
