import type { TestResult } from "./question.ts";

/** All of a test's time. Milliseconds. */
export function totalOf({ total = 0, ...ms }: TestResult["ms"]): number {
  return Math.max(total, openingOf(ms));
}

/** Until its way was open. Milliseconds. */
export function openingOf({ dns = 0, connect = 0, handshake = 0, tls = 0 }: TestResult["ms"]): number {
  return dns + connect + handshake + tls;
}
