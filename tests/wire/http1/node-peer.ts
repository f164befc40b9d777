import { createServer, type IncomingMessage, request } from "node:http";
import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";

/** A message as node:http read it. */
interface NodeMessage {
  /** `METHOD target` or `status reason`. */
  readonly start: string;
  readonly fields: readonly string[];
  body: string;
  complete: boolean;
}

export interface NodeReading {
  readonly messages: NodeMessage[];
  /** The code of the parser's refusal; null: it refused nothing. */
  refused: string | null;
}

/** What Node's server makes of a client's bytes. */
export async function serveWithNode(bytes: Buffer): Promise<NodeReading> {
  const reading: NodeReading = { messages: [], refused: null };
  const server = createServer({ requireHostHeader: false });
  const take = (message: IncomingMessage): void => collect(reading, message, `${message.method} ${message.url}`);
  for (const event of ["request", "checkContinue", "checkExpectation"]) {
    server.on(event, (message, response) => {
      take(message);
      response.end();
    });
  }
  server.on("connect", (message) => {
    collect(reading, message, `${message.method} ${message.url}`);
    (reading.messages.at(-1) as NodeMessage).complete = true;
  });
  server.on("clientError", (error: NodeJS.ErrnoException) => {
    reading.refused ??= error.code ?? error.message;
  });
  const socket = new MemorySocket();
  server.emit("connection", socket);
  await feed(socket, bytes);
  socket.destroy();
  return reading;
}

/** What Node's client makes of a hop's bytes, after which the hop closes. */
export async function fetchWithNode(method: string, bytes: Buffer): Promise<NodeReading> {
  const reading: NodeReading = { messages: [], refused: null };
  const socket = new MemorySocket();
  const outgoing = request({ method, createConnection: () => socket as never, headers: { host: "example.com" } });
  const take = (message: IncomingMessage): void => collect(reading, message, `${message.statusCode} ${message.statusMessage}`);
  outgoing.on("response", take);
  const takeWhole = (message: IncomingMessage): void => {
    take(message);
    (reading.messages.at(-1) as NodeMessage).complete = true;
  };
  outgoing.on("connect", takeWhole);
  outgoing.on("upgrade", takeWhole);
  outgoing.on("error", (error: NodeJS.ErrnoException) => {
    const code = error.code ?? error.message;
    if (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE" && reading.messages.at(-1)?.complete !== true) reading.refused ??= code;
  });
  outgoing.end();
  await turn();
  await feed(socket, bytes);
  socket.push(null);
  for (let i = 0; i < TURNS; i++) await turn();
  socket.destroy();
  return reading;
}

/** Streams that live in memory pass everything on within a turn or two of the event loop. */
const TURNS = 4;

async function feed(socket: MemorySocket, bytes: Buffer): Promise<void> {
  socket.push(bytes);
  for (let i = 0; i < TURNS; i++) await turn();
}

function collect(reading: NodeReading, message: IncomingMessage, start: string): void {
  const read: NodeMessage = { start, fields: message.rawHeaders, body: "", complete: false };
  reading.messages.push(read);
  message.on("data", (slice: Buffer) => {
    read.body += slice.toString("latin1");
  });
  message.on("end", () => {
    read.complete = message.complete;
  });
  message.on("error", () => {});
}

/** The far end of a connection that nobody reads from. */
class MemorySocket extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
  setTimeout(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
