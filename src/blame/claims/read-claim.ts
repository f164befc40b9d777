import type { Fault } from "../../core/fault.ts";
import { fault } from "../../core/fault.ts";
import { fieldValue, type RawFields } from "../../core/message.ts";
import type { Claim, ClaimReader, Refusal } from "./claim.ts";
import { COMPANY_FILTER_READERS } from "./company-filters.ts";
import { FORWARD_PROXY_READERS, readApacheConnect, readApacheProxy } from "./forward-proxies.ts";
import { readProxyStatus } from "./proxy-status.ts";
import { readSquid } from "./squid.ts";
import { readPlainWords, readStatus, readWantsSocks, readWantsTls, readWebServer } from "./statuses.ts";
import { type KnownVendor, readVendorStatus } from "./vendor-statuses.ts";
import { readProxyError, VENDOR_READERS } from "./vendors.ts";

/** Whose words prove that a proxy of the exit's kind made the answer, and that no site did. The more special before the more general. */
const MADE_BY_EXIT: readonly ClaimReader[] = [...VENDOR_READERS, readSquid, ...FORWARD_PROXY_READERS, ...COMPANY_FILTER_READERS];
/** Of a refused CONNECT everything is the exit's word. */
const OF_REFUSED_CONNECT: readonly ClaimReader[] = [
  ...VENDOR_READERS,
  readProxyStatus,
  readSquid,
  ...FORWARD_PROXY_READERS,
  ...COMPANY_FILTER_READERS,
  readApacheProxy,
  readApacheConnect,
  readProxyError,
  readWantsTls,
  readWantsSocks,
  readWebServer,
  readPlainWords,
];

/** What the reply to CONNECT says about why there is no tunnel; by its status alone where it says nothing else. */
export function claimOfRefusedConnect(refusal: Refusal, maker: string | null, vendor: KnownVendor | null): Claim {
  const said = firstClaim(OF_REFUSED_CONNECT, refusal) ?? (vendor === null ? null : readVendorStatus(refusal, vendor));
  return said ?? readStatus(refusal, maker);
}

/** What an answer to a plain request says, where it proves by itself that the exit made it; else null. */
export function claimOfExitMade(refusal: Refusal): Claim | null {
  return firstClaim(MADE_BY_EXIT, refusal);
}

/** The claim as a fault, with the status that carried it and how long it asks us to wait. */
export function faultOfClaim({ by, id, words, culprit, confidence, params }: Claim, { status, fields }: Refusal): Fault {
  const details = by === "the exit" ? `answered ${words}` : `answered ${status}; ${by}: ${words}`;
  return fault(id, details, { params: { "received-status": status, ...params }, culprit, confidence, retryAfterMs: retryAfterMs(fields) });
}

/** `Retry-After` (RFC 9110 10.2.3) in milliseconds. A date counts from the sender's own `Date`, so that no clock is needed. */
export function retryAfterMs(fields: RawFields): number | null {
  const value = fieldValue(fields, "retry-after");
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.parse(fieldValue(fields, "date") ?? "");
  return Number.isFinite(wait) && wait >= 0 ? wait : null;
}

function firstClaim(readers: readonly ClaimReader[], refusal: Refusal): Claim | null {
  for (const read of readers) {
    const found = read(refusal);
    if (found !== null) return found;
  }
  return null;
}
