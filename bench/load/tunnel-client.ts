/** node tunnel-client.ts ORDER: carries out an order (JSON), and prints what it measured as one line of JSON. */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Order, RateResult, StreamResult } from "./orders.ts";
import { openTunnel, type Way } from "./tunnel.ts";

const order = JSON.parse(process.argv[2] ?? "") as Order;
switch (order.kind) {
  case "stream":
    print(await stream(order.way, order.tunnels, order.seconds * 1000));
    break;
  case "rate":
    print(await openAndClose(order.way, order.tunnels, order.seconds * 1000));
    break;
  case "hold":
    await hold(order.way, order.tunnels);
}

function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function stream(way: Way, tunnels: number, ms: number): Promise<StreamResult> {
  let bytes = 0;
  const open = () => openTunnel(way, 1024 * 1024, (received) => (bytes += received.length));
  const sockets = await Promise.all(Array.from({ length: tunnels }, open));
  const began = performance.now();
  for (const socket of sockets) socket.write("s");
  await new Promise((resolve) => setTimeout(resolve, ms));
  const result = { bytes, microseconds: (performance.now() - began) * 1000 };
  for (const socket of sockets) socket.destroy();
  return result;
}

async function openAndClose(way: Way, tunnels: number, ms: number): Promise<RateResult> {
  const latencies: number[] = [];
  let failed = 0;
  const began = performance.now();
  const keepOpening = async () => {
    for (let start = began; start - began < ms; start = performance.now()) {
      const socket = await openAndEcho(way).catch(() => null);
      if (socket === null) failed += 1;
      else latencies.push((performance.now() - start) * 1000);
      socket?.destroy();
    }
  };
  await Promise.all(Array.from({ length: tunnels }, keepOpening));
  const microseconds = (performance.now() - began) * 1000;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { tunnels: sorted.length, failed, microseconds, p50: at(0.5), p99: at(0.99) };
}

/** Opens tunnels, says so, and keeps them until standard input ends. */
async function hold(way: Way, tunnels: number): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < tunnels; i++) sockets.push((await openAndEcho(way)).setTimeout(0));
  print({ held: sockets.length });
  await once(process.stdin.resume(), "end");
  for (const socket of sockets) socket.destroy();
}

async function openAndEcho(way: Way): Promise<Socket> {
  const echoed = Promise.withResolvers<void>();
  const socket = await openTunnel(way, 2048, () => echoed.resolve());
  socket.on("close", () => echoed.reject(new Error("closed")));
  socket.write("e");
  await echoed.promise;
  return socket;
}
