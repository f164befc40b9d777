import type { RawFields } from "../core/message.ts";

/** Names of fields, and of what a query or a cookie holds, that are not to be shown whatever their value is. */
export const CONFIDENTIAL: RegExp = /auth|cookie|token|key|secret|session|passw|credential|signature|jwt|csrf|xsrf/i;

/**
 * Fields as they may be shown: names, schemes and attributes stay.
 *
 *     Authorization: Bearer ***
 *     Set-Cookie: sid=***; Path=/; HttpOnly
 *     Location: https://site.example/?code=***
 *
 * @param hide knows the secrets that the user gave
 */
export function hideInFields(fields: RawFields, hide: (text: string) => string): string[] {
  return fields.map((text, i) => (i % 2 === 0 ? hide(text) : hide(hideValue((fields[i - 1] as string).toLowerCase(), text))));
}

/** Values of a URL's query, whose names stay. */
export function hideQuery(url: string): string {
  return url.replace(/([?&;][^=&;#\s"'<>]*=)[^&;#\s"'<>]+/g, "$1***").replace(/\?[^=&#\s"'<>]+(?=$|[#\s"'<>])/g, "?***");
}

/** What they say is a challenge, a name or a date, and tells much. */
const OPEN = /^(?:www-authenticate|proxy-authenticate|access-control-.*|key|sec-websocket-(?:key|accept)|vary|allow|public-key-pins)$/;

function hideValue(name: string, value: string): string {
  if (name === "set-cookie") return value.replace(/^([^=;]*=)[^;]*/, "$1***").replace(/^[^=;]+(?=;|$)/, "***");
  if (name === "cookie") return value.replace(/=[^;]*/g, "=***").replace(/^[^=]+$/, "***");
  if (OPEN.test(name)) return value;
  if (CONFIDENTIAL.test(name)) return value.replace(/^((?:basic|bearer|digest|token|apikey|negotiate|ntlm) )?.+$/i, "$1***");
  return hideQuery(value).replace(/(\w:\/\/)[^\s/@"']+@/g, "$1***@");
}
