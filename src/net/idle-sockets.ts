import type { Clock } from "../core/clock.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";

/** A hop may close a little before its own `Keep-Alive: timeout=N`. */
const MARGIN_MS = 1000;
const SWEEP_MS = 1000;

export interface IdleSocketsOptions extends IdleSocketsLimits {
  readonly clock: Clock;
}

export interface IdleSocketsLimits {
  /** Kept in all, and for one route. */
  readonly max: number;
  readonly maxPerRoute: number;
  /** Idle for longer than this, a socket is closed; a hop's own `Keep-Alive: timeout` may shorten it. */
  readonly idleMs: number;
}

/**
 * Sockets that wait for another request, by the key of their whole route (exit with credentials and session, target where a tunnel
 * leads to it, TLS name). Any byte or FIN on one of them ends it: nothing may answer a request that was not sent.
 */
export class IdleSockets {
  readonly #clock: Clock;
  #limits: IdleSocketsLimits;
  readonly #byKey = new Map<string, IdleSocket[]>();
  #size = 0;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(options: IdleSocketsOptions) {
    this.#clock = options.clock;
    this.#limits = options;
  }

  get size(): number {
    return this.#size;
  }

  /** The socket that was used last, or null. `now` is on the clock. */
  take(key: string, now: number): Connection | null {
    const idle = this.#byKey.get(key);
    if (idle === undefined) return null;
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      this.#size -= 1;
      const { connection } = entry;
      if (entry.expiresAt > now && !connection.ended && !connection.closed) {
        connection.disown();
        return connection;
      }
      connection.destroy();
    }
    return null;
  }

  /** Keeps a socket whose exchange is complete in both directions. `now` is on the clock. */
  put(key: string, connection: Connection, keepAliveMs: number | null, now: number): void {
    const { maxPerRoute, max, idleMs } = this.#limits;
    const lifeMs = keepAliveMs === null ? idleMs : Math.min(idleMs, keepAliveMs - MARGIN_MS);
    const route = this.#byKey.get(key);
    if (lifeMs <= 0 || connection.closed || connection.ended || (route?.length ?? 0) >= maxPerRoute) {
      connection.destroy();
      return;
    }
    if (this.#size >= max) this.#dropOldest();
    const entry = new IdleSocket(key, connection, now + lifeMs, this.#onSpoiled);
    // Making room leaves the array of a route in place, empty at worst.
    if (route === undefined) this.#byKey.set(key, [entry]);
    else route.push(entry);
    this.#size += 1;
    connection.own(entry);
    this.#sweeper ??= setInterval(this.#sweep, SWEEP_MS).unref();
  }

  /** Takes other limits; closes those that are too many or idle for too long by them. */
  configure(limits: IdleSocketsLimits): void {
    this.#limits = limits;
    const latest = this.#clock.now() + limits.idleMs;
    for (const idle of this.#byKey.values()) {
      // The oldest come first.
      for (const entry of idle.slice(0, Math.max(0, idle.length - limits.maxPerRoute))) this.#onSpoiled(entry);
      for (const entry of idle) entry.expiresAt = Math.min(entry.expiresAt, latest);
    }
    while (this.#size > limits.max) this.#dropOldest();
  }

  /** Closes all of them. */
  clear(): void {
    for (const idle of this.#byKey.values()) for (const entry of idle) entry.connection.destroy();
    this.#byKey.clear();
    this.#size = 0;
    this.#stopSweeping();
  }

  readonly #onSpoiled = (entry: IdleSocket): void => {
    this.#remove(entry);
    entry.connection.destroy();
  };

  readonly #sweep = (): void => {
    const now = this.#clock.now();
    for (const [key, idle] of this.#byKey) {
      for (const entry of idle.filter(({ expiresAt }) => expiresAt <= now)) this.#onSpoiled(entry);
      if (idle.length === 0) this.#byKey.delete(key);
    }
    if (this.#size === 0) this.#stopSweeping();
  };

  #remove(entry: IdleSocket): void {
    const idle = this.#byKey.get(entry.key);
    const at = idle?.lastIndexOf(entry) ?? -1;
    if (idle === undefined || at < 0) return;
    idle.splice(at, 1);
    this.#size -= 1;
  }

  #dropOldest(): void {
    for (const [oldest] of this.#byKey.values()) {
      if (oldest === undefined) continue;
      this.#onSpoiled(oldest);
      return;
    }
  }

  #stopSweeping(): void {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

class IdleSocket implements ConnectionOwner {
  readonly key: string;
  readonly connection: Connection;
  expiresAt: number;
  readonly #onSpoiled: (entry: IdleSocket) => void;

  constructor(key: string, connection: Connection, expiresAt: number, onSpoiled: (entry: IdleSocket) => void) {
    this.key = key;
    this.connection = connection;
    this.expiresAt = expiresAt;
    this.#onSpoiled = onSpoiled;
  }

  onData(): void {
    this.#onSpoiled(this);
  }

  onEnd(): void {
    this.#onSpoiled(this);
  }

  onClose(): void {
    this.#onSpoiled(this);
  }

  onDrain(): void {}
}
