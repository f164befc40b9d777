import type { AttributedFault } from "../core/ledger.ts";
import type { SpliceEnd } from "../net/splice.ts";
import type { Exchange } from "./exchange.ts";
import { giveProbeBack } from "./learn.ts";
import type { Opened } from "./run-tunnel.ts";

/** How a tunnel that nobody watched turns out. */
export interface Proof {
  /** The first byte from the far side; null: it is settled already. */
  readonly onAnswer: (() => void) | null;
  /** The tunnel is over. Its fault as it reads with what other attempts have shown; null: nothing new. */
  end(attributed: AttributedFault | null, end: SpliceEnd): AttributedFault | null;
}

const SETTLED: Proof = { onAnswer: null, end: () => null };

/**
 * Settles a tunnel that opened and was joined at once (a direct one, a hard session's): that it opened proves little, that bytes came out
 * of it proves that exit and target work. One that was given bytes and broke without one is a failure; silence of both sides tells nothing.
 */
export function awaitProof(exchange: Exchange, unproved: Opened | null): Proof {
  if (unproved === null) return SETTLED;
  let isSettled = false;
  // Browsers open tunnels that they may come to need: the next request may find out whether the target is back.
  const silence = exchange.probe === null ? undefined : setTimeout(() => giveProbeBack(exchange), exchange.context.settings.timeouts.tls);
  return {
    onAnswer() {
      isSettled = true;
      clearTimeout(silence);
      unproved.settle("answered");
    },
    end(attributed, { bytesFromClient }) {
      clearTimeout(silence);
      if (isSettled) return null;
      return unproved.settle(attributed !== null && bytesFromClient > 0 ? attributed : "unjudged");
    },
  };
}
