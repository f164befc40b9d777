/**
 * A line of text without what is likely to be a secret in it: user and password of URLs, values of queries, fields that carry credentials or
 * cookies, and options such as Squid's `login=`. Names stay, so that people know what was there. At most TEXT_CHARS_MAX of it.
 */
export function hideLikelySecrets(line: string): string {
  const text = line.slice(0, TEXT_CHARS_MAX);
  if (!MAY_HIDE.test(text)) return text;
  return text
    .replace(USERINFO, "//")
    .replace(BARE_USERINFO, "")
    .replace(QUERY_VALUE, "$1...")
    .replace(JSON_FIELD, "$1...")
    .replace(QUOTED_FIELD, "$1...")
    .replace(FIELD, "$1 ...")
    .replace(OPTION, "$1...")
    .replace(CREDENTIALS, "$1 ...");
}

const TEXT_CHARS_MAX = 4096;

/** Most texts have none of what the others look for. */
const MAY_HIDE = /[@?]|authoriz|cookie|token|secret|key|passw|login|bearer|basic|digest/i;

/** Up to the last @ of an authority: a raw password may hold one. */
const USERINFO = /\/\/[^\s/"'<>?#]*@/g;
/** `user:password@host`, as clients name proxies. */
const BARE_USERINFO = /(?<![^\s"'(=,])[^\s/"'<>@:]+:[^\s/"'<>@]*@(?=[\w[])/g;
const QUERY_VALUE = /([?&][^\s=&?"'<>]{0,100}=)[^\s&"'<>]*/g;
const JSON_FIELD =
  /("[\w-]{0,40}(?:authorization|cookie|token|secret|api-?key|passw(?:or)?d)[\w-]{0,40}"\s{0,9}:\s{0,9}")(?:[^"\\]|\\.)*/gi;
const QUOTED_FIELD = /("[\w-]{0,40}(?:authorization|cookie|token|secret|api-?key|passw(?:or)?d)[\w-]{0,40}\s{0,9}: )[^"]*/gi;
/** Without quotes around it a field's value is all that follows. */
const FIELD = /(?<!["\w-])([\w-]{0,40}(?:authorization|cookie|token|secret|api-?key|passw(?:or)?d)[\w-]{0,40}\s{0,9}:) .*/gi;
const OPTION = /\b([\w-]{0,40}(?:auth|cookie|token|secret|key|passw(?:or)?d|login)[\w-]{0,40}=)[^\s&;,"']+/gi;
const CREDENTIALS = /\b(bearer|basic|digest) +(?=\S*[\d=])[\w.~+/=-]+/gi;
