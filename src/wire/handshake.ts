/**
 * What a handshake wants next; `net/drive.ts` does it on a socket, tests do it from arrays of chunks.
 * - `send`: write the bytes.
 * - `take`: exactly `count` bytes, consumed. Where the peer ends before, the driver gives the handshake up: a handshake that has seen the
 *   end by a short `peek` and has no fault of its own to tell takes one byte more than there is, so that the driver tells it.
 * - `peek`: all that is buffered, once at least `count` bytes are there; nothing is consumed. Fewer than `count` mean that no more will
 *   come: the peer ended, the deadline is about to pass, or `graceMs` (where given) did. The bytes are a view, valid until the next step.
 */
export type HandshakeStep =
  | { readonly op: "send"; readonly bytes: Uint8Array }
  | { readonly op: "take"; readonly count: number }
  | { readonly op: "peek"; readonly count: number; readonly graceMs?: number };

/**
 * One protocol's conversation with a peer, as a generator without a socket, a timer or a promise. It returns its result, or throws a
 * `FaultError`; what it did not take stays with the driver, for the tunnel or the next handshake. It never asks for more bytes than its
 * protocol's limit.
 */
export type Handshake<T> = Generator<HandshakeStep, T, Uint8Array>;

/** Sends bytes: `yield* send(...)`. */
export function* send(bytes: Uint8Array): Handshake<void> {
  yield { op: "send", bytes };
}

/** Exactly `count` bytes, consumed. */
export function* take(count: number): Handshake<Uint8Array> {
  return yield { op: "take", count };
}

/**
 * All that is buffered, once at least `count` bytes are there, none consumed; fewer where no more will come.
 * @param graceMs answer with what there is after so many milliseconds; without it the handshake's own deadline holds.
 */
export function* peek(count: number, graceMs?: number): Handshake<Uint8Array> {
  return yield graceMs === undefined ? { op: "peek", count } : { op: "peek", count, graceMs };
}

/** What an exit is told to let us in. */
export interface Credentials {
  readonly username: string;
  readonly password: string | null;
}
