import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { HostPort } from "../core/address.ts";

export interface Listening extends AsyncDisposable {
  readonly address: HostPort;
  /** Stops accepting; connections go on. */
  stop(): void;
}

/** Listens on a TCP address; port 0 takes a free one. Rejects with the system's error where it cannot. */
export function listen(at: HostPort, onSocket: (socket: Socket) => void): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // A half-closed client may go on receiving; nothing is read before its owner asks.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
    server.once("error", reject);
    server.listen({ host: at.host, port: at.port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      // EMFILE on accept and the like: the sockets that exist go on.
      server.on("error", () => {});
      const { address, port } = server.address() as AddressInfo;
      resolve({ address: { host: address, port }, stop: () => stop(server), [Symbol.asyncDispose]: () => close(server) });
    });
  });
}

const BACKLOG = 1024;

function stop(server: Server): void {
  if (server.listening) server.close();
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) resolve();
    else server.close(() => resolve());
  });
}
