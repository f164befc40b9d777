import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { HostPort } from "../../../src/core/address.ts";
import type { Recording, Step } from "./recording.ts";

/** A proxy that answers as the gateway did once: the host of the request says in which case. */
export interface ReplayProxy extends AsyncDisposable {
  readonly address: HostPort;
}

/** The host that stands for a case. */
export function hostFor(name: string): string {
  return `${name.replaceAll("_", "-").replace(".", "--")}.lab`;
}

/** @param recordings by host, of plain requests and of CONNECT. */
export async function startReplayProxy(
  recordings: Readonly<Record<"http" | "connect", ReadonlyMap<string, Recording>>>,
): Promise<ReplayProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let head = "";
    const hear = (bytes: Buffer): void => {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", hear);
      const [, method = "", host = ""] = /^(\S+) (?:http:\/\/)?([^/: ]+)/.exec(head) ?? [];
      const recording = recordings[method === "CONNECT" ? "connect" : "http"].get(host);
      if (recording === undefined) socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      else replay(socket, recording.steps);
    };
    socket.on("data", hear);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The first flight has come. */
function replay(socket: Socket, steps: readonly Step[]): void {
  let flights = 1;
  const left = [...steps];
  const play = (): void => {
    for (let next = left[0]; next !== undefined && next.after <= flights; next = left[0]) {
      left.shift();
      if (next.bytes !== null) socket.write(next.bytes);
      else if (next.isReset) socket.resetAndDestroy();
      else socket.end();
    }
  };
  socket.on("data", () => {
    flights++;
    play();
  });
  play();
}
