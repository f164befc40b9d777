import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { startGateway } from "../../../src/app.ts";
import { defaultConfig } from "../../../src/config/defaults.ts";
import type { HostPort } from "../../../src/core/address.ts";
import { configureFor, type Stage } from "../../../src/lab/stages/stage.ts";

/** What the gateway sent to a client, to be sent once more to others. */
export interface Recording {
  readonly kind: "http" | "connect" | "socks" | "other";
  readonly steps: readonly Step[];
  /** Who ended the connection; a client that leaves sees nothing. */
  readonly endedBy: "gateway" | "client";
}

export interface Step {
  /** Once the client has sent so many times. */
  readonly after: number;
  /** Null: the connection ends, in order or by a reset. */
  readonly bytes: Buffer | null;
  readonly isReset: boolean;
}

/** Plays a stage with a gateway over it, and keeps what the client's last connection got. */
export async function recordStage(stage: Stage): Promise<Recording | null> {
  await using world = await stage.start();
  await using gateway = await startGateway(configureFor(world, defaultConfig()), {
    ...{ resolver: world.resolver, connectTcp: world.connectTcp, random: () => 0, log: () => {}, report: () => {} },
  });
  await using wire = await startWire(gateway.addresses[0] as HostPort);
  await world.play({ addresses: [wire.address], drain: (ms) => gateway.drain(ms) });
  await gateway.drain(DRAIN_MS);
  return wire.last();
}

const DRAIN_MS = 10_000;

interface Wire extends AsyncDisposable {
  readonly address: HostPort;
  last(): Recording | null;
}

/** Passes bytes on in both directions, and writes down what came when. */
async function startWire(to: HostPort): Promise<Wire> {
  const tapes: Tape[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const gateway = connect({ ...to, allowHalfOpen: true });
    const tape = new Tape();
    tapes.push(tape);
    for (const socket of [client, gateway]) sockets.add(socket);
    client.on("data", (bytes: Buffer) => {
      tape.fromClient(bytes);
      gateway.write(bytes);
    });
    gateway.on("data", (bytes: Buffer) => {
      tape.toClient(bytes);
      client.write(bytes);
    });
    client.on("end", () => {
      tape.clientEnded();
      gateway.end();
    });
    client.on("error", () => {
      tape.clientEnded();
      gateway.destroy();
    });
    client.on("close", () => {
      tape.clientEnded();
      gateway.destroy();
    });
    gateway.on("end", () => {
      tape.gatewayEnded(false);
      client.end();
    });
    gateway.on("error", () => {
      tape.gatewayEnded(true);
      client.resetAndDestroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    last: () => tapes.at(-1)?.recording() ?? null,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

class Tape {
  #steps: Step[] = [];
  #flights = 0;
  #wasClient = false;
  #first: Buffer | null = null;
  #endedBy: Recording["endedBy"] | null = null;

  fromClient(bytes: Buffer): void {
    this.#first ??= bytes;
    if (!this.#wasClient) this.#flights++;
    this.#wasClient = true;
  }

  toClient(bytes: Buffer): void {
    this.#wasClient = false;
    this.#steps.push({ after: this.#flights, bytes, isReset: false });
  }

  clientEnded(): void {
    this.#endedBy ??= "client";
  }

  gatewayEnded(isReset: boolean): void {
    if (this.#endedBy !== null) return;
    this.#endedBy = "gateway";
    this.#steps.push({ after: this.#flights, bytes: null, isReset });
  }

  recording(): Recording {
    const kind = kindOf(this.#first ?? Buffer.alloc(0));
    const endedBy = this.#endedBy ?? "client";
    // Of several requests on one connection the last is what it is about.
    const steps =
      kind === "http" ? this.#steps.filter(({ after }) => after === this.#flights).map((one) => ({ ...one, after: 1 })) : this.#steps;
    return { kind, steps, endedBy };
  }
}

function kindOf(first: Buffer): Recording["kind"] {
  if (first[0] === 5 || first[0] === 4) return "socks";
  const line = first.toString("latin1", 0, 8);
  if (line.startsWith("CONNECT ")) return "connect";
  return /^[A-Z]{3,}/.test(line) ? "http" : "other";
}
