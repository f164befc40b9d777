import { fieldValue } from "../../core/message.ts";
import type { Claim, Refusal } from "./claim.ts";
import { readPlainWords } from "./statuses.ts";
import { readVendorStatus } from "./vendor-statuses.ts";

/**
 * Whether an answer to a plain request of a session says that the exit of that session is gone: in the vendor's own fields, in a short
 * text, or by a status of the vendor's where nothing on the answer is a site's.
 *
 * @param said what its fields say already.
 * @param vendor as the exit's tags name it.
 */
export function claimOfLostSession(refusal: Refusal, said: Claim | null, vendor: string | null): Claim | null {
  if (!refusal.hasSession || refusal.status < 400) return null;
  const claim =
    said ??
    readWords(refusal) ??
    (vendor === null || !isBare(refusal) ? null : readVendorStatus(refusal, { id: vendor, hasSession: true }));
  return claim?.id === "handshake.session_lost" ? claim : null;
}

/** Of other statuses a site may say so of sessions of its own. */
function readWords(refusal: Refusal): Claim | null {
  return refusal.status === 502 || refusal.status === 503 ? readPlainWords(refusal) : null;
}

const BARE_BYTES_MAX = 256;

function isBare({ fields, text }: Refusal): boolean {
  return (
    text.length <= BARE_BYTES_MAX && !text.includes("<") && fieldValue(fields, "server") === null && fieldValue(fields, "via") === null
  );
}
