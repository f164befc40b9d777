import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { HostPort } from "../src/core/address.ts";
import { findClosedPort } from "../src/lab/lab-server.ts";
import { startHttpProxy, startSocksProxy } from "./check-proxies.ts";

/** Proxies on loopback, without schemes, in an order that mixes them. */
export interface CheckCorpus extends AsyncDisposable {
  readonly refused: readonly string[];
  readonly hanging: readonly string[];
  readonly good: readonly string[];
}

interface CorpusSize {
  readonly refused: number;
  readonly hanging: number;
  readonly good: number;
}

/** Starts them in a process of their own. */
export async function startCheckCorpus(size: CorpusSize): Promise<CheckCorpus> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(size)]);
  const [places] = (await once(child, "message")) as [Pick<CheckCorpus, "refused" | "hanging" | "good">];
  return {
    ...places,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}

/** In an order that is the same each time, and mixes them. */
export function mix(lines: readonly string[]): string[] {
  const mixed = [...lines];
  let state = 1;
  for (let i = mixed.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [mixed[i], mixed[j]] = [mixed[j] as string, mixed[i] as string];
  }
  return mixed;
}

/** Addresses of loopback: each is a proxy of its own, whatever the number of servers behind them. */
function addresses(count: number, network: number, port: number): string[] {
  return Array.from({ length: count }, (_, i) => `127.${network}.${(i >> 8) & 255}.${i & 255}:${port}`);
}

async function startSilentServer(): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen({ port: 0, host: "0.0.0.0", backlog: BACKLOG });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const BACKLOG = 4096;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { refused, hanging, good } = JSON.parse(process.argv[2] ?? "") as CorpusSize;
  const closed = await findClosedPort();
  const exits: HostPort[] = [];
  for (let i = 0; i < good; i++) exits.push(i % 2 === 0 ? await startHttpProxy() : await startSocksProxy());
  process.send?.({
    refused: addresses(refused, 20, closed.port),
    hanging: addresses(hanging, 10, await startSilentServer()),
    good: exits.map(({ host, port }) => `${host}:${port}`),
  });
  process.once("disconnect", () => process.exit());
}
