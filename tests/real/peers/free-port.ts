import { createServer } from "node:net";

/** Below Linux's range for outgoing connections (32768 and up): no client socket of a busy machine takes a port meanwhile. */
const LOWEST = 10_000;
const HIGHEST = 32_000;

/** A loopback port that nobody listens on just now, for a program that cannot be asked to choose one itself. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
