import { z } from "zod";
import { LIST_FORMATS } from "../core/list-format.ts";
import { EXIT_SCHEMES } from "../core/route.ts";
import { VENDOR_IDS } from "../wire/login-template-vendors.ts";
import type { ExitListItem } from "./file.ts";
import { count, duration, expected, onOff, text } from "./schema-values.ts";

const tags = z.record(
  z.string().regex(/^[A-Za-z][\w.-]*$/, expected("a tag's name")),
  z.union([text, z.number(), z.boolean()]).transform(String),
);

/** The grammar of an item of `exits` that is no line. */
export const exitList: z.ZodType<ExitListItem> = z.strictObject({
  file: text.describe("Path of an exit list; watched.").exactOptional(),
  url: text.describe("URL of an exit list.").exactOptional(),
  scheme: z
    .enum(EXIT_SCHEMES, expected(`one of ${EXIT_SCHEMES.join(", ")}`))
    .describe("Of lines that name none, and of a vendor's endpoint.")
    .exactOptional(),
  format: z
    .enum(LIST_FORMATS, expected(`one of ${LIST_FORMATS.join(", ")}`))
    .describe("How the list is written; auto: as it shows.")
    .exactOptional(),
  tags: tags.describe("Of all its exits; a line's own win.").exactOptional(),
  refresh: duration.describe("How often a URL is fetched again.").exactOptional(),
  replaceByEmpty: onOff.describe("Whether an empty list takes the place of a good one.").exactOptional(),
  vendor: z
    .enum(VENDOR_IDS, expected(`one of ${VENDOR_IDS.join(", ")}`))
    .describe("Whose grammar of user names or passwords fills in countries and sessions.")
    .exactOptional(),
  user: text.describe("The vendor's account, as it is without parameters.").exactOptional(),
  password: text.describe("The vendor's password.").exactOptional(),
  endpoint: text.describe("The vendor's host:port.").exactOptional(),
  sessions: count.describe("Exits with a session of their own, in each country.").exactOptional(),
  countries: z.array(text).describe("The only countries that exits are asked for.").exactOptional(),
});
