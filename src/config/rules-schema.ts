import { z } from "zod";
import { RULE_ACTIONS, type RuleAction } from "../core/rule.ts";
import { duration } from "./schema-values.ts";

/** A rule as a file has it: what is left out does not matter to it. */
export interface RuleItem {
  readonly when: {
    readonly status?: readonly (number | string)[];
    readonly header?: Readonly<Record<string, string>>;
    readonly body?: readonly string[];
    readonly slowerThan?: number;
    readonly fault?: string;
    readonly host?: readonly string[];
  };
  readonly then: readonly RuleAction[];
}

/** By name: a rule, or whether a ready-made one is in force. Off alone: none is. */
export type RulesItem = false | Readonly<Record<string, boolean | RuleItem>>;

/** Bytes of one pattern. */
const PATTERN_BYTES_MAX = 256;
/** Patterns of one list. */
const PATTERNS_MAX = 64;
const RULES_MAX = 256;

const pattern = z.string().min(1, "must not be empty").max(PATTERN_BYTES_MAX, `is longer than ${PATTERN_BYTES_MAX} characters`);
const STATUS = "expected a status such as 403, or a class such as 5xx";
const status = z.union([z.int(STATUS).min(200, STATUS).max(999, STATUS), z.string().regex(/^[2-9]xx$/, STATUS)], STATUS);
const switched = z.enum(["on", "off"], "expected on, off, or { when, then }").transform((word) => word === "on");

const when = z
  .strictObject({
    status: listOf(status).exactOptional(),
    header: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected a field's name"), pattern)
      .refine((fields) => Object.keys(fields).length <= PATTERNS_MAX, `has more than ${PATTERNS_MAX} fields`)
      .exactOptional(),
    body: listOf(pattern).exactOptional(),
    slowerThan: duration.exactOptional(),
    fault: pattern.exactOptional(),
    host: listOf(pattern).exactOptional(),
  })
  .refine((given) => Object.keys(given).length > 0, "needs at least one condition");

const action = z.enum(RULE_ACTIONS, `expected one of ${RULE_ACTIONS.join(", ")}`);

// biome-ignore lint/suspicious/noThenProperty: the key of the file
const rule: z.ZodType<RuleItem> = z.strictObject({ when, then: listOf(action) });

const named = z
  .record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "a rule's name has small letters, digits and hyphens"),
    z.union([rule, z.boolean(), switched], "expected on, off, or { when, then }"),
  )
  .refine((rules) => Object.keys(rules).length <= RULES_MAX, `has more than ${RULES_MAX} rules`);

const OFF = "expected off, or rules by their names";

/** The grammar of `rules`. */
export const rulesItem: z.ZodType<RulesItem> = z.union(
  [named, z.literal(false, OFF), z.literal("off", OFF).transform(() => false as const)],
  OFF,
);

/** One, or a list of them. */
function listOf<T extends z.ZodType>(one: T): z.ZodType<readonly z.output<T>[]> {
  return z.union([
    z.array(one).min(1, "needs at least one").max(PATTERNS_MAX, `has more than ${PATTERNS_MAX}`),
    one.transform((value) => [value]),
  ]);
}
