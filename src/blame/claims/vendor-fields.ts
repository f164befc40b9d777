import type { RawFields } from "../../core/message.ts";

/** Fields that vendors of exits add where they, and no site, have something to say. */
const VENDOR_ERROR_FIELDS: ReadonlySet<string> = new Set([
  "x-brd-err-code",
  "x-brd-err-msg",
  "x-brd-error",
  "x-luminati-error",
  "x-luminati-error-code",
  "x-error-description",
  "x-thor-error",
  "x-thor-error-code",
  "x-thor-error-msg",
  "x-crawlera-error",
  "zyte-error-type",
]);

/** The shortest and the longest of their names: most fields are told by their length. */
const NAME_CHARS_MIN = 11;
const NAME_CHARS_MAX = 21;

export function hasVendorError(fields: RawFields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length < NAME_CHARS_MIN || name.length > NAME_CHARS_MAX) continue;
    if (VENDOR_ERROR_FIELDS.has(name.toLowerCase()) && fields[i + 1] !== "") return true;
  }
  return false;
}
