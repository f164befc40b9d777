import type { Socket } from "node:net";
import { innerField } from "./inner-field.ts";
import type { Intake } from "./intake.ts";

/** Reads land here unless they are lent on: one buffer for all sockets, since nothing outlives the read it came with. */
export const SHARED: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The chunk as its owner may keep it. */
export function copyOfRead(buffer: Buffer, bytes: number): Buffer {
  const chunk = Buffer.allocUnsafe(bytes);
  if (buffer === SHARED) chunk.set(startOfShared(bytes));
  else buffer.copy(chunk, 0, 0, bytes);
  return chunk;
}

/** The beginnings of the shared buffer that were copied last: to make one for each read costs more than to copy what is in it. */
const STARTS_MAX = 64;
const starts: Buffer[] = Array.from({ length: STARTS_MAX }, () => SHARED);

function startOfShared(bytes: number): Buffer {
  const slot = bytes % STARTS_MAX;
  let start = starts[slot] as Buffer;
  if (start.length !== bytes) {
    start = SHARED.subarray(0, bytes);
    starts[slot] = start;
  }
  return start;
}

/**
 * For accepted sockets what `onread` is for those that we dial: reads go into one buffer that all share, instead of a new one of 64 KiB
 * that is cut to size for each. Node offers it to `net.connect` alone, though its sockets are all made alike; so we set the same three
 * fields here, and where a Node has other ones, data comes as `data` events as ever. Why: docs/decisions/shared-reads.md.
 */
export const SHARED_READS: Pick<Intake, "connect" | "lendTo" | "giveBack"> = {
  connect(socket, receive) {
    if (!readShared(socket, receive)) socket.on("data", receive);
  },
  lendTo() {},
  giveBack: streamShared,
};

/**
 * The socket stays the stream, or becomes it again, that others make of it (`data` events, TLS), but for where its reads go. As with `onread`,
 * behind a `pause()` it takes a `resume()` or a `read()` for more to come: to listen for `readable` is not enough.
 */
export function streamShared(socket: Socket): void {
  readShared(socket, (chunk) => socket.push(chunk));
}

/**
 * False: this socket, or this Node, cannot.
 *
 * @param receive may say false: it has enough for now, as a stream's `push` does
 */
export function readShared(socket: Socket, receive: (chunk: Buffer) => unknown): boolean {
  const inner = socket as unknown as { [field: symbol]: unknown; _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null };
  const fields = known ?? findFields(socket);
  const handle = inner._handle;
  if (fields === null || typeof handle?.useUserBuffer !== "function") return false;
  const before = inner[fields.buffer];
  if (before !== null && before !== SHARED) return false;
  inner[fields.callback] = (bytes: number) => receive(copyOfRead(SHARED, bytes)) !== false;
  if (before === SHARED) return true;
  inner[fields.buffer] = SHARED;
  handle.useUserBuffer(SHARED);
  known = fields;
  return true;
}

/**
 * Whether a dialled socket asks for the buffer of each next read, as `onread` has it; else all go into the one that it has been given,
 * which spares it a call and what the handle makes of the answer. Where a Node has no such field, it goes on asking.
 */
export function askForBuffers(socket: Socket, buffer: (() => Buffer) | null): void {
  asking ??= innerField(socket, "kBufferGen");
  if (asking !== null) (socket as unknown as { [field: symbol]: unknown })[asking] = buffer;
}

let asking: symbol | null = null;

interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** The same for all sockets of a process. */
let known: Fields | null = null;

function findFields(socket: Socket): Fields | null {
  const buffer = innerField(socket, "kBuffer");
  const callback = innerField(socket, "kBufferCb");
  return buffer === null || callback === null ? null : { buffer, callback };
}
