import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { innerField } from "./inner-field.ts";

/**
 * Writes to a TCP socket past its stream, straight to the handle below, as long as the stream has nothing of its own to write: it is
 * neither corked nor ended, and empty. Nearly always the kernel takes all at once, which then costs a third of what the stream makes of it.
 * Where a Node has other handles, all is written as ever. Why: docs/decisions/bare-writes.md.
 */
export class BareWrites {
  readonly #socket: Socket;
  readonly #onRoom: () => void;
  /** Of a write that the kernel has not taken all of. What follows it goes to the socket, which is behind it in the same queue. */
  pendingBytes = 0;

  /** @param onRoom called once what was pending has left, unless the socket has more to write, and then says `drain` itself. */
  constructor(socket: Socket, onRoom: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
  }

  /** True: it has left; false: there will be room later; null: not written, so write it to the socket. Strings are latin1. */
  write(data: Buffer | string): boolean | null {
    const socket = this.#socket;
    const handle = handleOf(socket);
    if (handle === null || this.pendingBytes > 0 || !isQuiet(socket)) return null;
    if (spare === null) return isUnknown ? null : learnRequest(socket, handle, data);
    const failed = typeof data === "string" ? handle.writeLatin1String(spare, data) : handle.writeBuffer(spare, data);
    if (failed === 0 && spare.getAsyncId() === FREE) return true;
    if (failed === 0) {
      this.#await(data);
      return false;
    }
    spare = another(spare);
    socket.destroy(writeError(failed));
    return true;
  }

  /** The request is the handle's until it calls back: the next write makes another. */
  #await(data: Buffer | string): void {
    const request = spare as WriteRequest;
    spare = another(request);
    this.pendingBytes = data.length;
    tellIdleTimer(this.#socket, data.length);
    if (typeof data !== "string") request.buffer = data; // or it might be collected
    request.oncomplete = (status) => {
      this.pendingBytes = 0;
      if (this.#socket.destroyed) return;
      tellIdleTimer(this.#socket, this.#socket.writableLength);
      if (status < 0) this.#socket.destroy(writeError(status));
      else if (!this.#socket.writableNeedDrain) this.#onRoom();
    };
  }
}

/** What a handle is given with each write. It is in use only where the write does not end at once. */
interface WriteRequest {
  oncomplete: (status: number) => void;
  buffer: Buffer | null;
  /**
   * `FREE` as long as no write has it. The length of the handle's queue says less: what the kernel takes only at the second try, at once after
   * the first, leaves an empty queue, and is told of later all the same. A request that is given twice makes Node abort.
   */
  getAsyncId(): number;
}

const FREE = -1;

interface Handle {
  /** 0, or the negative number of an error: then nothing was written. */
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

/** One for all sockets, since nearly all writes end at once. */
let spare: WriteRequest | null = null;
/** This Node does not write as we know it. */
let isUnknown = false;

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { readonly _handle?: Handle | null })._handle ?? null;
}

function isQuiet(socket: Socket): boolean {
  return socket.writableLength === 0 && socket.writableCorked === 0 && !socket.writableEnded && !socket.connecting;
}

/** Node gives nobody its requests to make; so the first write goes through the stream, and shows one. */
function learnRequest(socket: Socket, handle: Handle, data: Buffer | string): boolean {
  let seen: WriteRequest | null = null;
  const watched = handle as { -readonly [name in keyof Handle]?: Handle[name] };
  for (const name of ["writeLatin1String", "writeBuffer"] as const) {
    const write = handle[name] as ((request: WriteRequest, data: never) => number) | undefined;
    if (typeof write !== "function") continue;
    watched[name] = (request: WriteRequest, bytes: unknown) => {
      seen = request;
      return write.call(handle, request, bytes as never);
    };
  }
  const room = typeof data === "string" ? socket.write(data, "latin1") : socket.write(data);
  delete watched.writeLatin1String;
  delete watched.writeBuffer;
  spare = likeIt(seen);
  isUnknown = spare === null;
  return room;
}

function likeIt(seen: WriteRequest | null): WriteRequest | null {
  if (seen === null || seen.constructor.name !== "WriteWrap" || typeof seen.getAsyncId !== "function") return null;
  const made = another(seen);
  return made.getAsyncId() === FREE ? made : null;
}

function another(request: WriteRequest): WriteRequest {
  return new (request.constructor as new () => WriteRequest)();
}

/** A socket whose time is over (`setTimeout`) is not idle as long as what is pending in its handle gets less: it looks where it was told to. */
function tellIdleTimer(socket: Socket, pendingBytes: number): void {
  const inner = socket as unknown as { [field: symbol]: unknown };
  queueSizeField ??= innerField(socket, "lastWriteQueueSize");
  if (queueSizeField !== null) inner[queueSizeField] = pendingBytes;
}

let queueSizeField: symbol | null = null;

function writeError(number: number): Error {
  const code = getSystemErrorName(number);
  return Object.assign(new Error(`write ${code}`), { code, errno: number, syscall: "write" });
}
