import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { HostPort } from "../core/address.ts";

/**
 * A port that never accepts: its thread listens with the shortest backlog and then sleeps, and the backlog is filled.
 * On Linux a further SYN is dropped, so that connecting there times out. (libuv accepts at once, hence the thread.)
 *
 * @param address that it listens at; `::` takes IPv4 too
 */
export async function startFullBacklog(address: "127.0.0.1" | "::" = "127.0.0.1"): Promise<HostPort & AsyncDisposable> {
  const sleeper = new Worker(SLEEPER, { eval: true, workerData: address });
  const [port] = (await once(sleeper, "message")) as [number];
  const fillers = Array.from({ length: 4 }, () => fill(port)); // a backlog of 1 holds two; the rest wait as we want others to
  await Promise.race(fillers.map((socket) => once(socket, "connect")));
  return {
    host: "127.0.0.1",
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      await sleeper.terminate();
    },
  };
}

const SLEEPER = `
const { parentPort, workerData: host } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ port: 0, host, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // in the same turn, so that nothing is ever accepted
});
`;

function fill(port: number): Socket {
  return connect(port, "127.0.0.1").on("error", () => {});
}
