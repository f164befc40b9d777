import type { FaultId } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";

/** What whoever checks a list can do about a fault: the table's word speaks to the operator of a gateway, and names settings that checks do not have. */
export function fixOf(id: FaultId): string {
  return CHECK_FIXES[id] ?? FAULTS[id].fix.operator;
}

const SLOW = "If it is only slow, give it more time (--timeout); else take it off the list.";
const TOO_LARGE = "Take it off the list: no program needs a head like that.";

const CHECK_FIXES: Readonly<Partial<Record<FaultId, string>>> = {
  "handshake.timeout": `Correct its scheme or port. ${SLOW}`,
  "handshake.rate_limited": "Check fewer of its kind at once (--concurrency), or later.",
  "tls.client_cert_required": "Take it off the list: it lets in only who has a certificate for it.",
  "tls.cert_untrusted":
    "If it is yours, trust its authority (--ca FILE), or write insecure=true behind its line; else somebody may listen in.",
  "head.timeout": SLOW,
  "head.too_large": TOO_LARGE,
  "head.field_too_large": TOO_LARGE,
  "head.too_many_fields": TOO_LARGE,
  "body.idle_timeout": SLOW,
};
