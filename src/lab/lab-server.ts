import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import type { HostPort } from "../core/address.ts";
import { PeerLeft } from "./byte-reader.ts";
import { LabConnection } from "./lab-connection.ts";

/** What a lab server does with a connection. It may throw `PeerLeft`, which ends the connection and is no error. */
export type Behaviour = (peer: LabConnection) => void | Promise<void>;

/** TLS in front of a behaviour, as node:tls takes it. */
export type LabTls = Pick<TLSSocketOptions, "ALPNProtocols" | "requestCert" | "rejectUnauthorized" | "SNICallback"> & {
  readonly cert: string;
  readonly key: string;
  /** Who vouches for clients, where their certificate is wanted. */
  readonly ca?: string;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
};

/** A server on a free port of 127.0.0.1. Disposing of it destroys its connections too. */
export interface LabServer extends HostPort, AsyncDisposable {
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves once that many connections were accepted. */
  whenAccepted(count: number): Promise<void>;
  /** Resolves once that many of them have ended. */
  whenLeft(count: number): Promise<void>;
}

/** Starts a server that treats each of its connections alike. */
export async function startLabServer(behave: Behaviour, tls: LabTls | null = null): Promise<LabServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (wire) => {
    accepted += 1;
    sockets.add(wire);
    wire.on("close", () => {
      sockets.delete(wire);
      server.emit("lab-left");
    });
    void converse(behave, new LabConnection(wire, tls === null ? wire : wrapInTls(wire, tls)));
    server.emit("lab-accepted");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    async whenAccepted(count) {
      while (accepted < count) await once(server, "lab-accepted");
    },
    async whenLeft(count) {
      while (accepted - sockets.size < count) await once(server, "lab-left");
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * An address of 127.0.0.1 where TCP is refused. Its port is below all that systems give out by themselves, so that no other program comes to
 * listen there in the meantime.
 */
export async function findClosedPort(): Promise<HostPort> {
  const host = "127.0.0.1";
  for (;;) {
    const port = LOW_PORTS.from + Math.floor(Math.random() * (LOW_PORTS.to - LOW_PORTS.from));
    if (await isRefused(host, port)) return { host, port };
  }
}

/** None of these has a service on most machines, nor is one that browsers and fetch refuse to ask. */
const LOW_PORTS = { from: 225, to: 389 } as const;

async function isRefused(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

function wrapInTls(wire: Socket, { cert, key, ca, maxVersion, minVersion, ...options }: LabTls): TLSSocket {
  const versions = { ...(maxVersion && { maxVersion }), ...(minVersion && { minVersion }) };
  const secureContext = createSecureContext({ cert, key, ...(ca && { ca }), ...versions });
  return new TLSSocket(wire, { ...options, isServer: true, secureContext });
}

async function converse(behave: Behaviour, peer: LabConnection): Promise<void> {
  try {
    await behave(peer);
  } catch (error) {
    if (!(error instanceof PeerLeft)) throw error;
    peer.wire.destroy();
  }
}
