import { type Fault, type FaultId, fault } from "../core/fault.ts";
import type { Interruption, Observation } from "../core/ledger.ts";
import { tellEnd, tellMs } from "./seen-words.ts";

/** A TCP connection was not opened. */
export function attributeConnect(interruption: Interruption, seen: Observation): Fault {
  if (interruption.how === "timeout") return fault("connect.timeout", `no answer to TCP for ${tellMs(interruption.afterMs)}`);
  if (interruption.how !== "errno") return fault("connect.reset", tellEnd(interruption, seen));
  const known = CODES.get(interruption.code);
  if (known === undefined) return fault("connect.host_unreachable", tellEnd(interruption, seen), { confidence: 0.5 });
  return fault(known.id, `${known.words} after ${tellMs(seen.elapsedMs)} (${interruption.code})`);
}

/** Codes that speak of this process or machine, at whatever stage they come; null for others. */
export function attributeExhaustion(code: string): Fault | null {
  const known = OWN_MACHINE.get(code);
  return known === undefined ? null : fault(known.id, `${known.words} (${code})`);
}

interface Meaning {
  readonly id: FaultId;
  readonly words: string;
}

const OWN_MACHINE: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    EMFILE: { id: "gateway.fd_exhausted", words: "this process has no file descriptor left" },
    ENFILE: { id: "gateway.fd_exhausted", words: "this machine has no file descriptor left" },
    ENOBUFS: { id: "gateway.fd_exhausted", words: "this machine has no socket buffers left" },
    ENOMEM: { id: "gateway.fd_exhausted", words: "this machine has no memory left for a socket" },
    EADDRNOTAVAIL: { id: "gateway.source_port_exhausted", words: "this machine has no source port left towards that address" },
    EADDRINUSE: { id: "gateway.source_port_exhausted", words: "this machine has no source port left towards that address" },
  }),
);

const CODES: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    ECONNREFUSED: { id: "connect.refused", words: "refused" },
    ETIMEDOUT: { id: "connect.timeout", words: "no answer to TCP" },
    ECONNRESET: { id: "connect.reset", words: "reset" },
    ECONNABORTED: { id: "connect.reset", words: "aborted" },
    EPIPE: { id: "connect.reset", words: "reset" },
    EHOSTUNREACH: { id: "connect.host_unreachable", words: "no route to the host" },
    EHOSTDOWN: { id: "connect.host_unreachable", words: "the host is down" },
    ENONET: { id: "connect.net_unreachable", words: "this machine is on no network" },
    ENETUNREACH: { id: "connect.net_unreachable", words: "no route to the network" },
    ENETDOWN: { id: "connect.net_unreachable", words: "the network is down" },
    EAFNOSUPPORT: { id: "connect.net_unreachable", words: "this machine does not speak that kind of address" },
    EINVAL: { id: "connect.net_unreachable", words: "this machine has no way to that kind of address" },
    EACCES: { id: "connect.acl_denied", words: "forbidden by this machine's rules" },
    EPERM: { id: "connect.acl_denied", words: "forbidden by this machine's rules" },
  }),
);
