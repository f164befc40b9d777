import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { HostPort } from "../core/address.ts";
import { ByteReader, PeerLeft } from "./byte-reader.ts";

/** One side of a connection, as the lab's servers and clients hold it. What it awaits throws `PeerLeft` when the peer goes. */
export class LabConnection {
  /** Where both sides talk: the TCP socket, or the clear side of TLS on it. */
  readonly stream: Socket | TLSSocket;
  /** The TCP socket itself, for RST and for bytes beneath TLS. */
  readonly wire: Socket;
  readonly reader: ByteReader;

  constructor(wire: Socket, stream: Socket | TLSSocket = wire) {
    this.wire = wire;
    this.stream = stream;
    for (const side of new Set([wire, stream])) side.on("error", () => {}); // peers of a lab reset as they like; reads and writes tell
    this.reader = new ByteReader(stream);
  }

  /** Resolves once the kernel has the bytes. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const content = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    await new Promise<void>((resolve, reject) => {
      this.stream.write(content, (error) => (error ? reject(new PeerLeft("reset", Buffer.alloc(0))) : resolve()));
    });
  }

  /** FIN, then reads what still comes: the kernel turns the close of a socket with unread bytes into a RST. */
  async end(): Promise<void> {
    this.stream.end();
    await this.skip();
  }

  /** Reads and forgets until the peer ends. */
  async skip(): Promise<void> {
    while ((await this.reader.next()) !== null);
  }

  reset(): void {
    this.wire.resetAndDestroy();
  }
}

/** Opens a connection; throws the socket's own error when there is none to be had. */
export async function dialLab({ host, port }: HostPort): Promise<LabConnection> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  await once(socket, "connect");
  return new LabConnection(socket);
}

/** Passes bytes both ways until both sides have ended; a reset of one resets the other. */
export async function splice(client: LabConnection, hop: LabConnection): Promise<void> {
  await Promise.all([pump(client, hop), pump(hop, client)]);
}

async function pump(from: LabConnection, to: LabConnection): Promise<void> {
  try {
    for (let piece = await from.reader.next(); piece !== null; piece = await from.reader.next()) await to.send(piece);
    to.stream.end();
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    from.reset();
    to.reset();
  }
}
