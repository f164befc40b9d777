// Values that several sections of the config have: how they are written, and how their units are read.
import { z } from "zod";
import { DURATION, readDuration } from "../core/duration.ts";
import { readSize, SIZE } from "./sizes.ts";

export const text: z.ZodString = z
  .string({ error: ({ input }) => (input === undefined ? "is missing" : "expected text; put it in quotes if it looks like a number") })
  .min(1, "must not be empty");

/** Milliseconds. */
export const duration: z.ZodType<number> = z
  .string(expected("a time such as 500ms, 5s or 5m"))
  .regex(DURATION, expected("a time such as 500ms, 5s or 5m"))
  .transform(toMs);

/** Bytes. */
export const size: z.ZodType<number> = z.union(
  [z.int().min(0), z.string().regex(SIZE, expected("a size such as 64KiB, or bytes")).transform(toBytes)],
  expected("a size"),
);

const WHOLE = expected("a whole number of at least 1");
export const count: z.ZodType<number> = z.union(
  [
    z.int(WHOLE).min(1, WHOLE),
    z
      .string()
      .regex(/^[1-9]\d{0,8}$/, WHOLE)
      .transform(Number),
  ],
  WHOLE,
);

const ON_OFF = expected("on or off");
export const onOff: z.ZodType<boolean> = z.union(
  [z.boolean(), z.enum(["on", "off", "true", "false"], ON_OFF).transform((word) => word === "on" || word === "true")],
  ON_OFF,
);

export function expected(what: string): string {
  return `expected ${what}`;
}

function toMs(value: string, context: z.RefinementCtx): number {
  const ms = readDuration(value);
  if (ms === null) context.addIssue({ code: "custom", message: "a time is between 1ms and 24 days" });
  return ms ?? 0;
}

function toBytes(value: string, context: z.RefinementCtx): number {
  const bytes = readSize(value);
  if (bytes === null) context.addIssue({ code: "custom", message: "the size is too large" });
  return bytes ?? 0;
}
