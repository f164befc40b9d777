import { formatHostPort } from "../core/address.ts";
import type { Target } from "../core/route.ts";
import type { Hedging } from "../core/settings.ts";
import { LatencyQuantiles } from "../pool/latency-quantile.ts";

/** What a gateway knows to tell when a second attempt is worth it, and how many it may still make. */
export class HedgeBook {
  readonly #requests = new LatencyQuantiles();
  readonly #tunnels = new LatencyQuantiles();
  #tokens = 0;

  /** A first attempt is made: it earns a share of a second one. */
  earn(maxShare: number): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + maxShare);
  }

  /** Whether a second attempt may be made now; then it is paid for. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** It was not made after all. */
  giveBack(): void {
    this.#tokens += 1;
  }

  /** Milliseconds after which an attempt at a target is slow; null: never, or nothing is known of it yet. */
  slowAfterMs(target: Target, { after }: Hedging): number | null {
    if (after === null) return null;
    return "ms" in after ? after.ms : this.#of(target).at(formatHostPort(target), after.quantile);
  }

  /** An attempt had its answer after so long, or was ended without one. */
  note(target: Target, ms: number): void {
    this.#of(target).add(formatHostPort(target), ms);
  }

  #of({ scheme }: Target): LatencyQuantiles {
    return scheme === "tcp" ? this.#tunnels : this.#requests;
  }
}

/** Second attempts that may be saved up for a bad moment. */
const TOKENS_MAX = 10;
