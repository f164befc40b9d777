import { z } from "zod";
import { SELECT_STRATEGIES } from "../core/pool-settings.ts";
import type { ConfigFile } from "./file.ts";
import { count, duration, expected, text } from "./schema-values.ts";

const FLOOR = expected("a share from 0 to 1");
/** The grammar of `pool`. */
export const pool: z.ZodType<NonNullable<ConfigFile["pool"]>> = z.strictObject({
  select: z
    .enum(SELECT_STRATEGIES, expected(`one of ${SELECT_STRATEGIES.join(", ")}`))
    .describe("How the next exit is chosen.")
    .exactOptional(),
  floor: z
    .number(FLOOR)
    .min(0, FLOOR)
    .max(1, FLOOR)
    .describe("Share of the pool that must be usable; else the least bad exits are used too.")
    .exactOptional(),
});

const TIERS = expected("a list of tiers, the cheapest first, or { order, upAfter, downAfter }");
const order = z
  .array(text)
  .refine((tiers) => new Set(tiers).size === tiers.length, "names a tier twice")
  .refine((tiers) => !tiers.slice(1).includes("direct"), "direct can only be the first tier");
/** The grammar of `tiers`. */
export const tiers: z.ZodType<NonNullable<ConfigFile["tiers"]>> = z.union(
  [
    order,
    z.strictObject({
      order: order.describe("Tiers by the tag of that name, the cheapest first; direct may be the first.").exactOptional(),
      upAfter: count.describe("Failures on one target until it is moved up.").exactOptional(),
      downAfter: duration.describe("How long until a target that was moved up tries a cheaper tier again.").exactOptional(),
    }),
  ],
  TIERS,
);

const PRICE = expected("a price per GiB");
/** The grammar of `prices`. */
export const prices: z.ZodType<NonNullable<ConfigFile["prices"]>> = z.record(text, z.number(PRICE).min(0, PRICE));
