/** What a rule does with what it matches; several may be listed. */
export const RULE_ACTIONS: readonly ["retry", "blocked", "rate-limited", "bench-for-target", "bench", "tier-up"] = [
  "retry",
  "blocked",
  "rate-limited",
  "bench-for-target",
  "bench",
  "tier-up",
];

/**
 * - `retry`: try again through another exit, where the request may be repeated.
 * - `blocked`: the fault is `relay.blocked`: the site's side refuses this exit. Implies `bench-for-target`.
 * - `rate-limited`: the fault is `relay.rate_limited`. Implies `bench-for-target`.
 * - `bench-for-target`: leave the exit out for this target for a while.
 * - `bench`: leave the exit out for every target for a while.
 * - `tier-up`: try this target by the next tier of exits.
 */
export type RuleAction = (typeof RULE_ACTIONS)[number];

/**
 * What a rule looks at; all that is given must hold. Texts are compared without regard to case, and `*` in them stands for any run of
 * characters: there are no regular expressions, so that no pattern and no page can make the gateway busy.
 */
export interface RuleWhen {
  /** Statuses of an answer, or classes of them (`4xx`); empty: any. */
  readonly status: readonly (number | string)[];
  /** Fields of an answer by name: the whole value must match; `!` before the pattern turns it round, and `!*` is a field that is not there. */
  readonly header: Readonly<Record<string, string>>;
  /** One of these is found in the first 4 KiB of an answer's body, decompressed; empty: not looked at. */
  readonly body: readonly string[];
  /** Milliseconds from the attempt's start to the answer's head, at least; null: any. */
  readonly slowerThan: number | null;
  /** A fault's id (`connect.*`); null: any, and none. */
  readonly fault: string | null;
  /** The target's host, one of these; empty: any. */
  readonly host: readonly string[];
}

/** A rule on answers and faults: data, as the config has it. */
export interface Rule {
  readonly name: string;
  readonly when: RuleWhen;
  readonly actions: readonly RuleAction[];
}

/** What a rule has decided about one attempt. */
export interface Ruling {
  /** The rule's name. */
  readonly rule: string;
  readonly retry: boolean;
  readonly benchForTarget: boolean;
  readonly bench: boolean;
  readonly tierUp: boolean;
  /** Milliseconds that the answer asked for (`Retry-After`); 0: it did not say. */
  readonly forMs: number;
}
