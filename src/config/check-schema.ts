import { z } from "zod";
import { count, duration, expected, text } from "./schema-values.ts";

/** What a config file says of the gateway's own checks. */
export interface CheckItem {
  readonly judge?: string | readonly string[];
  readonly target?: string;
  readonly expectStatus?: string | number;
  readonly expectBody?: string;
  readonly every?: number;
  readonly honestyEvery?: number;
  readonly timeout?: number;
  readonly concurrent?: number;
  readonly share?: number;
  readonly wait?: number;
}

const SHARE = expected("a share from 0.01 to 1");

const STATUSES = /^[1-5](?:\d\d|xx)(?:\s*,\s*[1-5](?:\d\d|xx))*$/i;
const STATUS = expected("a status such as 200, or a list such as 2xx,304");

/** The grammar of `check`. */
export const checkItem: z.ZodType<CheckItem> = z.strictObject({
  judge: z
    .union([text, z.array(text).min(1, "needs at least one judge")], expected("a judge's URL or a list of them"))
    .describe("Who is asked through each exit, and tells what came: URLs of goodgateway judge. The next one where one is down.")
    .exactOptional(),
  target: text.describe("URL that each exit must be able to fetch.").exactOptional(),
  expectStatus: z
    .union([text.regex(STATUSES, STATUS), z.int(STATUS).min(100, STATUS).max(599, STATUS)], STATUS)
    .describe("Statuses of the target that are good.")
    .exactOptional(),
  expectBody: text.describe("What the target's page must hold: text, or /a pattern/.").exactOptional(),
  every: duration.describe("How long nobody may have used an exit until it is checked again.").exactOptional(),
  honestyEvery: duration.describe("How often each exit is checked for its honesty, used or not.").exactOptional(),
  timeout: duration.describe("How long one check may last.").exactOptional(),
  concurrent: count.describe("Checks at once.").exactOptional(),
  share: z.number(SHARE).min(0.01, SHARE).max(1, SHARE).describe("What checks may use of an exit's own limits, at most.").exactOptional(),
  wait: duration.describe("How long the start waits for a first exit that has passed.").exactOptional(),
});
