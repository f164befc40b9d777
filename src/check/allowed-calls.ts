import type { CheckAllowance } from "../core/probe.ts";
import type { CancelSignal } from "../net/cancellation.ts";
import type { connectTcp } from "../net/connect-tcp.ts";
import { Calls, type Failed, type Opened, type Replied, type Turn, withoutConnection } from "./calls.ts";
import type { CheckContext } from "./check-context.ts";
import type { Outgoing, Way } from "./way.ts";

/**
 * Calls that keep to what a check may use of its exit's own limits: so many connections at once, and one request after the other at its pace.
 * Where it is one connection, none is kept for another request: what waits for a second one would wait for ever.
 */
export class AllowedCalls extends Calls {
  /** On the clock: no request waits for its turn any longer. */
  until: number;
  readonly #allowance: CheckAllowance;
  readonly #connections: OpenConnections;
  /** Somebody's connection is being opened. */
  #isOpening = false;
  #isStarved = false;

  constructor(context: CheckContext, allowance: CheckAllowance, until: number) {
    const connections = new OpenConnections(context.connectTcp);
    super({ ...context, connectTcp: connections.connect });
    this.until = until;
    this.#allowance = allowance;
    this.#connections = connections;
  }

  /** Time was over before all requests had their turn: that one failed says nothing of the exit. */
  get isStarved(): boolean {
    return this.#isStarved;
  }

  override async call(way: Way, compose: () => Outgoing, turn: Turn): Promise<Replied | Failed> {
    const reply = await this.#throughDoor(turn, (guarded) => super.call(way, compose, guarded));
    return this.#allowance.connections > 1 || reply.kind === "failed" ? reply : withoutConnection(reply);
  }

  override async open(way: Way, turn: Turn): Promise<Opened | Failed> {
    return await this.#throughDoor(turn, (guarded) => super.open(way, guarded));
  }

  /** Opens a connection once it may. */
  async #throughDoor<Outcome>(turn: Turn, open: (guarded: Turn) => Promise<Outcome>): Promise<Outcome> {
    const wantedAt = this.context.clock.now();
    let holdsDoor = await this.#whenAllowed(turn.signal, true);
    const leaveDoor = (): void => {
      if (!holdsDoor) return;
      holdsDoor = false;
      this.#isOpening = false;
      this.#connections.onChange();
    };
    const onConnected = (): void => {
      leaveDoor();
      turn.onConnected?.();
    };
    // The least time that a wait has would be enough for an exit nearby.
    const signal = holdsDoor ? turn.signal : IS_OVER;
    const outcome = await open({ ...this.#withoutWait(turn, wantedAt), signal, onConnected });
    leaveDoor();
    return outcome;
  }

  override async again(replied: Replied, outgoing: Outgoing, turn: Turn): Promise<Replied | Failed | null> {
    const { connection } = replied.answered;
    const wantedAt = this.context.clock.now();
    if (connection === null || (await this.#whenAllowed(turn.signal, false)))
      return await super.again(replied, outgoing, this.#withoutWait(turn, wantedAt));
    connection.destroy();
    return null;
  }

  /** It is no patience with the proxy that was spent on waiting. */
  #withoutWait(turn: Turn, wantedAt: number): Turn {
    return { ...turn, deadline: Math.min(this.until, turn.deadline + this.context.clock.now() - wantedAt) };
  }

  /** Resolves once a request may go: true, and then it alone opens a connection, where it needs one; or false, once its time is over: it may not go. */
  async #whenAllowed(signal: CancelSignal, opens: boolean): Promise<boolean> {
    const { clock } = this.context;
    for (let now = clock.now(); !signal.aborted && now < this.until; now = clock.now()) {
      const isFree = !(opens && (this.#isOpening || this.#connections.open >= this.#allowance.connections));
      const waitMs = isFree ? this.#allowance.askTurn(now) : this.until - now;
      if (waitMs === 0) {
        this.#isOpening ||= opens;
        return true;
      }
      await this.#connections.whenChanged(Math.min(waitMs, this.until - now), signal);
    }
    this.#isStarved = true;
    return false;
  }
}

/** Ends what begins with it. */
const IS_OVER: CancelSignal = { aborted: true, addEventListener() {}, removeEventListener() {} };

/** How many connections are open, and who waits for that to change. */
class OpenConnections {
  open = 0;
  readonly connect: typeof connectTcp;
  readonly #waiting = new Set<() => void>();

  constructor(dialler: typeof connectTcp) {
    this.connect = async (addresses, port, options) => {
      this.open++;
      const outcome = await dialler(addresses, port, options);
      if ("socket" in outcome) outcome.socket.once("close", this.#close);
      else this.#close();
      return outcome;
    };
  }

  readonly onChange = (): void => {
    for (const look of [...this.#waiting]) look();
  };

  whenChanged(ms: number, signal: Turn["signal"]): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, Math.ceil(ms));
      this.#waiting.add(end);
      signal.addEventListener("abort", end);
    });
  }

  readonly #close = (): void => {
    this.open--;
    this.onChange();
  };
}
