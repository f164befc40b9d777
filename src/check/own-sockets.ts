import { attributeExhaustion } from "../blame/connect-stage.ts";
import type { Fault } from "../core/fault.ts";
import type { connectTcp } from "../net/connect-tcp.ts";

/** Opens connections, and takes note where the system has no socket for one: what a check has found out then is not all that there is. */
export class OwnSockets {
  readonly connect: typeof connectTcp;
  #lack: Fault | null = null;

  constructor(dialler: typeof connectTcp) {
    this.connect = async (addresses, port, options) => {
      const outcome = await dialler(addresses, port, options);
      if ("interruption" in outcome && outcome.interruption.how === "errno") this.#lack ??= attributeExhaustion(outcome.interruption.code);
      return outcome;
    };
  }

  /** What was missing; null: nothing was. */
  get lack(): Fault | null {
    return this.#lack;
  }
}
