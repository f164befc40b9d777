import { roundMs } from "../core/clock.ts";
import type { TestResult } from "./question.ts";
import { openingOf, totalOf } from "./test-times.ts";

const PARTS = ["dns", "connect", "handshake", "tls", "wait", "rest"] as const;
const WORDS: Readonly<Record<(typeof PARTS)[number], string>> = {
  ...{ dns: "DNS", connect: "TCP", handshake: "proxy", tls: "TLS", wait: "waiting", rest: "receiving" },
};

/** What the colours of a bar mean. */
export const LEGEND: string = PARTS.map((part) => `<span class="key ${part}">${WORDS[part]}</span>`).join(" ");

/** A bar of a test's times, one colour each. @param longest as wide as this is the whole bar. Milliseconds */
export function drawTimes(times: TestResult["ms"], longest: number): string {
  const { dns = 0, connect = 0, handshake = 0, tls = 0, firstByte } = times;
  const all = totalOf(times);
  const opening = openingOf(times);
  const wait = firstByte ?? all - opening;
  const ms = { dns, connect, handshake, tls, wait, rest: Math.max(0, all - opening - wait) };
  if (all === 0) return "";
  const parts = PARTS.filter((part) => ms[part] > 0).map((part) => {
    const share = ((100 * ms[part]) / longest).toFixed(2);
    return `<i class="${part}" style="width:${share}%" title="${WORDS[part]} ${roundMs(ms[part])} ms"></i>`;
  });
  return `<span class="bar">${parts.join("")}</span> <span class="ms">${Math.round(all)} ms</span>`;
}
