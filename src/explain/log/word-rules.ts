import type { AnyFaultId } from "./log-event.ts";

/** What a program's words mean, the more special before the more general. */
export type WordRules = readonly (readonly [fault: AnyFaultId, pattern: RegExp])[];

/** What the first rule says that matches; null: none does. */
export function faultOfWords(rules: WordRules, words: string): AnyFaultId | null {
  return rules.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}
