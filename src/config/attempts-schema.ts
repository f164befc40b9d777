import { z } from "zod";
import type { ConfigFile, PacingItem } from "./file.ts";
import { count, duration, expected, size } from "./schema-values.ts";

const countOrOff = z.union([count, z.literal("off").transform(() => null)], expected("a whole number of at least 1, or off"));

const RATE = expected("a number above 0 such as 10 or 0.5, or off");
const rateOrOff = z.union([z.number(RATE).min(0.001, RATE).max(1_000_000, RATE), z.literal("off").transform(() => null)], RATE);

const pace = z.strictObject({
  concurrent: countOrOff.describe("At once.").exactOptional(),
  perSecond: rateOrOff.describe("In a second, evenly spaced.").exactOptional(),
});

/** The grammar of `pacing`. */
export const pacing: z.ZodType<PacingItem> = z.strictObject({
  perExit: pace.exactOptional(),
  perTarget: pace.exactOptional(),
  perExitAndTarget: pace.exactOptional(),
  queue: count.describe("Exchanges that wait for their turn.").exactOptional(),
  wait: duration.describe("How long each may wait.").exactOptional(),
});

const AFTER = expected("off, a share such as p95, or a time such as 800ms");
const hedgeAfter = z.union(
  [
    z.literal("off").transform(() => null),
    z
      .string()
      .regex(/^p[1-9]\d$/)
      .transform((share) => ({ quantile: Number(share.slice(1)) / 100 })),
    duration.transform((ms) => ({ ms })),
  ],
  AFTER,
);

const SHARE = expected("a share above 0 and at most 1");
/** The grammar of `hedge`. */
export const hedge: z.ZodType<NonNullable<ConfigFile["hedge"]>> = z.strictObject({
  after: hedgeAfter
    .describe("When a second attempt is made beside a slow one: p95 of the target's answers, a time, or off.")
    .exactOptional(),
  maxShare: z.number(SHARE).gt(0, SHARE).max(1, SHARE).describe("Second attempts as a share of first ones, at most.").exactOptional(),
});

/** The grammar of `attempts`. */
export const attempts: z.ZodType<NonNullable<ConfigFile["attempts"]>> = z.strictObject({
  max: count.describe("Attempts that may have reached the target.").exactOptional(),
  exits: count.describe("Attempts that died at an exit, before the target.").exactOptional(),
  replayBytes: size.describe("Bytes of a request body kept for replay.").exactOptional(),
  budget: z
    .number(expected("a share from 0 to 1"))
    .min(0, expected("a share from 0 to 1"))
    .max(1, expected("a share from 0 to 1"))
    .describe("Repeats of what may have reached the target, as a share of its recent requests.")
    .exactOptional(),
  budgetFloor: count.describe("Repeats that a target's budget has whatever its traffic.").exactOptional(),
});
