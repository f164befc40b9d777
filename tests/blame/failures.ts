import type { HopFailure, Interruption, Observation } from "../../src/core/ledger.ts";
import type { RawFields, RefusedConnect } from "../../src/core/message.ts";
import type { Exit, ExitHop, Route, Target } from "../../src/core/route.ts";

const TARGET: Target = { scheme: "tcp", host: "site.example", port: 443 };

export function exitHop(more: Partial<ExitHop> = {}): ExitHop {
  return { scheme: "http", host: "192.0.2.10", port: 8080, username: null, password: null, insecure: false, ...more };
}

/** A route through these hops; without any, a direct one. */
export function routeOf(hops: readonly Partial<ExitHop>[], target: Target = TARGET): Route {
  const exit: Exit = { id: "de-7", hops: hops.map(exitHop), tags: {}, rotating: false, weight: 1 };
  return { exit: hops.length === 0 ? null : exit, target };
}

export function seen(more: Partial<Observation> = {}): Observation {
  return {
    stage: "head",
    role: "exit",
    hop: 1,
    reused: false,
    bytesOut: 118,
    bytesIn: more.firstBytes?.length ?? 0,
    firstBytes: new Uint8Array(0),
    elapsedMs: 12,
    ...more,
  };
}

export const CLOSED: Interruption = { how: "closed" };
export const RESET: Interruption = { how: "reset" };
export const LEFT: Interruption = { how: "left" };
export const TIMEOUT: Interruption = { how: "timeout", afterMs: 5000 };

export function errno(code: string): Interruption {
  return { how: "errno", code };
}

export function interrupted(interruption: Interruption, observation: Partial<Observation>): HopFailure {
  return { kind: "interrupted", interruption, seen: seen(observation) };
}

export function latin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

export function reply(status: number, reason: string, fields: RawFields = [], body = ""): RefusedConnect {
  return { status, reason, fields, body: latin1(body) };
}

export function refused(answer: RefusedConnect, observation: Partial<Observation> = {}): HopFailure {
  return { kind: "refused", reply: answer, seen: seen({ stage: "handshake", ...observation }) };
}
