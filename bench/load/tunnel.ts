import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** How to reach the origin. */
export interface Way {
  /** The proxy's port, or the origin's own. */
  readonly port: number;
  /** Ask the proxy with CONNECT for the origin on this port; null: it (or nothing at all) needs no asking. */
  readonly connectTo: number | null;
}

const DEADLINE_MS = 30_000;
const HEAD_END = "\r\n\r\n";

/** Opens a tunnel; what comes through it goes to `sink`, in a buffer that is used again. */
export async function openTunnel({ port, connectTo }: Way, bufferBytes: number, sink: (bytes: Uint8Array) => void): Promise<Socket> {
  const opened = Promise.withResolvers<void>();
  let head = "";
  let isOpen = connectTo === null;
  const read = (length: number, bytes: Uint8Array): boolean => {
    if (isOpen) {
      sink(bytes.subarray(0, length));
      return true;
    }
    head += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
    if (!head.includes(HEAD_END)) return true;
    isOpen = true;
    if (/^HTTP\/1\.[01] 200 /.test(head)) opened.resolve();
    else opened.reject(new Error(head.slice(0, head.indexOf("\r"))));
    return true;
  };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer: Buffer.allocUnsafe(bufferBytes), callback: read } });
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error("nothing came for too long")));
  socket.on("error", opened.reject);
  socket.on("close", () => opened.reject(new Error("closed")));
  await Promise.race([once(socket, "connect"), opened.promise]);
  if (connectTo === null) return socket;
  socket.write(`CONNECT 127.0.0.1:${connectTo} HTTP/1.1\r\nHost: 127.0.0.1:${connectTo}\r\n\r\n`);
  await opened.promise;
  return socket;
}
