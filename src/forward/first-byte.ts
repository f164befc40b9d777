import type { ClientInfo } from "../net/client-stream.ts";
import type { Connection, ConnectionOwner } from "../net/connection.ts";
import { type ClientProtocol, sniffClient } from "../wire/sniff-client.ts";

/** Who goes on with a connection once its first byte has told the protocol; the byte is unread on it. Null: none came. */
export type OnFirstByte = (waiting: FirstByte, protocol: ClientProtocol | null) => void;

/** Waits for a client's first byte. */
export class FirstByte implements ConnectionOwner {
  readonly connection: Connection;
  readonly client: ClientInfo;
  readonly #dueAt: number;
  readonly #onFirstByte: OnFirstByte;
  /** What its socket said as it closed without one. */
  error: Error | null = null;
  isLate = false;
  /** Where it is in TLS: our part of the handshake is done. */
  established = false;
  #settled = false;

  constructor(connection: Connection, client: ClientInfo, dueAt: number, onFirstByte: OnFirstByte) {
    this.connection = connection;
    this.client = client;
    this.#dueAt = dueAt;
    this.#onFirstByte = onFirstByte;
    if (client.isInTls) connection.socket.once("secure", () => (this.established = true));
  }

  sweep(now: number): void {
    if (now < this.#dueAt) return;
    this.isLate = true;
    this.#settle(null);
  }

  onData(chunk: Buffer): void {
    this.connection.disown();
    this.connection.unread(chunk);
    this.#settle(sniffClient(chunk[0] as number));
  }

  onEnd(): void {
    this.#settle(null);
  }

  onClose(error: Error | null): void {
    this.error = error;
    this.#settle(null);
  }

  onDrain(): void {}

  #settle(protocol: ClientProtocol | null): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#onFirstByte(this, protocol);
  }
}
