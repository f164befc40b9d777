import { type Fault, fault } from "../core/fault.ts";
import { fieldValue, type RawFields } from "../core/message.ts";
import type { Fingerprint } from "./fingerprints.ts";

interface Seen {
  readonly status: number;
  readonly fields: RawFields;
  readonly body: Uint8Array;
}

/**
 * A 502 or 504 of which only the head was saved, with a gateway's name in `Server`: the page would tell whether that gateway made it or its
 * backend did, and it is the gateway as a rule. Null: that does not apply.
 *
 * @param judged what it is without that.
 */
export function judgeHeadAlone({ status, fields, body }: Seen, judged: Fault, prints: readonly Fingerprint[]): Fault | null {
  if (judged.id !== "relay.origin_5xx" || (status !== 502 && status !== 504) || body.length > 0) return null;
  const length = Number(fieldValue(fields, "content-length") ?? 0);
  const [passer] = prints;
  const isNamed = passer !== undefined && passer.side !== "exit" && PRODUCTS.has(passer.id);
  if (!isNamed || !(length > 0)) return null;
  const details = `${passer.name} answered ${status}, and its page is not here to prove that it made it: it does so as a rule, but passes on its backend's too`;
  return fault("relay.edge_5xx", details, { params: judged.params, retryAfterMs: judged.retryAfterMs, confidence: HEAD_ALONE });
}

const HEAD_ALONE = 0.55;

/** Those that put their own name over an answer which they pass on. */
const PRODUCTS: ReadonlySet<string> = new Set(["nginx", "openresty", "angie", "tengine"]);
