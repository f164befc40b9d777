import { type Fault, type FaultId, fault, type RfcParams } from "../core/fault.ts";
import type { Interruption, Observation } from "../core/ledger.ts";
import { tellEnd, tellMs } from "./seen-words.ts";

/** A name did not resolve here: the exit's, or the target's where we resolve it. */
export function attributeDns(interruption: Interruption, seen: Observation): Fault {
  if (interruption.how === "timeout") return fault("dns.timeout", `the resolver did not answer for ${tellMs(interruption.afterMs)}`);
  const code = interruption.how === "errno" ? interruption.code : "";
  const known = CODES.get(code);
  if (known === undefined) {
    return fault("dns.servfail", `${tellEnd(interruption, seen)} while the name was resolved`, { confidence: 0.5 });
  }
  return fault(known.id, `${known.words} (${code})`, { params: known.params ?? {} });
}

interface Meaning {
  readonly id: FaultId;
  readonly words: string;
  readonly params?: RfcParams;
}

const NXDOMAIN: Meaning = { id: "dns.nxdomain", words: "the name does not exist", params: { rcode: "NXDOMAIN" } };
const NODATA: Meaning = { id: "dns.nodata", words: "the name has no address", params: { rcode: "NOERROR" } };
const SERVFAIL: Meaning = { id: "dns.servfail", words: "the resolver failed", params: { rcode: "SERVFAIL" } };
const TIMEOUT: Meaning = { id: "dns.timeout", words: "the resolver did not answer" };
const UNREACHABLE: Meaning = { id: "dns.resolver_unreachable", words: "the resolver cannot be reached" };

/** Codes of getaddrinfo and of c-ares, as Node names them. */
const CODES: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    ENOTFOUND: NXDOMAIN,
    ENONAME: NXDOMAIN,
    EAI_NONAME: NXDOMAIN,
    EBADNAME: { ...NXDOMAIN, words: "the name is no valid name", params: {} },
    EBADQUERY: { ...NXDOMAIN, words: "the name is no valid name", params: {} },
    ENODATA: NODATA,
    EAI_NODATA: NODATA,
    EAI_ADDRFAMILY: NODATA,
    ESERVFAIL: SERVFAIL,
    EAI_FAIL: SERVFAIL,
    // getaddrinfo has this one code for SERVFAIL and for silence.
    EAI_AGAIN: { id: "dns.servfail", words: "the resolver failed or did not answer" },
    EFORMERR: { id: "dns.servfail", words: "the resolver did not understand the question", params: { rcode: "FORMERR" } },
    ENOTIMP: { id: "dns.servfail", words: "the resolver does not know the question", params: { rcode: "NOTIMP" } },
    EBADRESP: { id: "dns.servfail", words: "the resolver's answer was malformed" },
    EREFUSED: { id: "dns.refused", words: "the resolver refuses to answer this machine", params: { rcode: "REFUSED" } },
    ETIMEOUT: TIMEOUT,
    ETIMEDOUT: TIMEOUT,
    ECONNREFUSED: UNREACHABLE,
    EHOSTUNREACH: UNREACHABLE,
    ENETUNREACH: UNREACHABLE,
    ENOTINITIALIZED: UNREACHABLE,
  }),
);
