import { type Fault, fault } from "../core/fault.ts";
import type { Interruption, Observation } from "../core/ledger.ts";
import { tellBytes, tellEnd } from "./seen-words.ts";
import { attributeLateTls } from "./tls-stage.ts";

/** The request was being written, or its answer's head awaited. */
export function attributeExchange(interruption: Interruption, seen: Observation): Fault {
  const late = lateTls(interruption);
  if (late !== null) return late;
  const details = `${tellEnd(interruption, seen)}; ${tellBytes(seen)}`;
  const isTimeout = isTimedOut(interruption);
  // RFC 9112 9.3.1: the hop may close an idle connection at any time, so also while our request is on its way.
  if (seen.reused && seen.bytesIn === 0 && !isTimeout) {
    return fault("head.keepalive_race", `${details}; the connection had served an earlier request`);
  }
  if (seen.stage === "write") return fault(isTimeout ? "write.timeout" : "write.reset", details);
  if (isTimeout) return fault("head.timeout", details);
  if (seen.bytesIn > 0)
    return fault("head.truncated", `${details}, ${beganWithInterim(seen) ? "with no whole final answer" : "in the middle of the head"}`);
  return fault(interruption.how === "closed" ? "head.closed_empty" : "head.reset", `${details}, on a fresh connection`);
}

/** RFC 9110 15.2: an interim answer may be whole, and is not what was waited for. */
function beganWithInterim({ firstBytes }: Observation): boolean {
  return /^HTTP\/1\.[01] 1\d\d/.test(Buffer.from(firstBytes).toString("latin1"));
}

/** The body or the trailers were on their way. */
export function attributeBody(interruption: Interruption, seen: Observation): Fault {
  const late = lateTls(interruption);
  if (late !== null) return late;
  const details = `${tellEnd(interruption, seen)}, ${seen.bytesIn} bytes of the response had come`;
  if (isTimedOut(interruption)) return fault("body.idle_timeout", details);
  return fault(interruption.how === "closed" ? "body.truncated" : "body.reset", details);
}

/** A tunnel was open, and bytes may have passed. */
export function attributeTunnel(interruption: Interruption, seen: Observation): Fault {
  const details = `${tellEnd(interruption, seen)}; ${seen.bytesOut} bytes out, ${seen.bytesIn} in`;
  return fault(isTimedOut(interruption) ? "tunnel.idle_timeout" : "tunnel.reset", details);
}

function lateTls(interruption: Interruption): Fault | null {
  return interruption.how === "errno" ? attributeLateTls(interruption.code) : null;
}

// ETIMEDOUT: the kernel gave the connection up (keep-alive probes, retransmissions).
function isTimedOut(interruption: Interruption): boolean {
  return interruption.how === "timeout" || (interruption.how === "errno" && interruption.code === "ETIMEDOUT");
}
