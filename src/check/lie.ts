import type { HonestyFaultId } from "../core/faults/honesty.ts";

/** Something that a proxy did to what it carried, with what was seen: at most a sentence, without a secret. */
export interface Lie {
  readonly fault: HonestyFaultId;
  readonly details: string;
}
