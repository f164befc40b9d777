import { fault } from "../core/fault.ts";
import type { AttributedFault } from "../core/ledger.ts";
import { Cancellation } from "../net/cancellation.ts";
import type { Engagement } from "./exchange.ts";

/** An attempt that another one runs beside. */
interface Racing extends Engagement {
  /** The other answered first: this is to stop. */
  onLost(): void;
}

/** Where one of two attempts runs that an exchange makes at the same time: each hears of the client, and can be ended by itself. */
export class Lane {
  readonly cancellation: Cancellation = new Cancellation();
  engagement: Racing | null = null;
  isLost = false;

  /** Ends what runs in it, without anybody's fault. */
  lose(): void {
    this.isLost = true;
    this.cancellation.cancel();
    this.engagement?.onLost();
  }
}

/** What an attempt comes to that was ended because another answered first. Nobody is told. */
export const LOST: AttributedFault = {
  fault: fault("client.closed_waiting", "another attempt answered first"),
  role: "target",
  hop: 0,
};
