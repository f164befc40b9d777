import type { Socket } from "node:net";

/** Sockets that were given more than the system took at once: what is unread is in our memory, so there may be only so many of them. */
export class SlowReaders {
  readonly #max: number;
  readonly #sockets = new Set<Socket>();

  constructor(max: number) {
    this.#max = max;
  }

  /** To be called behind each write; where there are too many, the one that has been waited for longest is closed. */
  note(socket: Socket): void {
    if (socket.writableLength === 0) return;
    if (this.#sockets.size >= this.#max) this.#makeRoom();
    this.#sockets.add(socket);
  }

  #makeRoom(): void {
    for (const socket of this.#sockets) if (socket.destroyed || socket.writableLength === 0) this.#sockets.delete(socket);
    if (this.#sockets.size < this.#max) return;
    const [slowest] = this.#sockets;
    if (slowest === undefined) return;
    this.#sockets.delete(slowest);
    slowest.destroy();
  }
}
