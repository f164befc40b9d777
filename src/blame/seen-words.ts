import type { Interruption, Observation } from "../core/ledger.ts";
import { describeBytes } from "../wire/first-bytes.ts";

/** How it ended and when: `closed after 3 ms`. */
export function tellEnd(interruption: Interruption, { elapsedMs }: Observation): string {
  switch (interruption.how) {
    case "closed":
      return `closed after ${tellMs(elapsedMs)}`;
    case "reset":
      return `reset after ${tellMs(elapsedMs)}`;
    case "timeout":
      return `nothing for ${tellMs(interruption.afterMs)}`;
    case "errno":
      return `${interruption.code} after ${tellMs(elapsedMs)}`;
    case "left":
      return `the client left after ${tellMs(elapsedMs)}`;
  }
}

/** What had gone and come by then: `118 bytes out, none in`, with the first that came. */
export function tellBytes({ bytesOut, bytesIn, firstBytes }: Observation): string {
  const out = bytesOut === 0 ? "none" : `${bytesOut} bytes`;
  const began = bytesIn > 0 && firstBytes.length > 0 ? `, beginning ${describeBytes(firstBytes)}` : "";
  return `${out} out, ${bytesIn === 0 ? "none" : bytesIn} in${began}`;
}

/** Milliseconds as people read them. */
export function tellMs(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  return `${Math.round(ms / 100) / 10} s`;
}
