/** A target as records and bodies show it: values of the query are left out unless the config keeps them. */
export function showTarget(scheme: string, authority: string, path: string, keepQuery: boolean): string {
  const queryAt = path.indexOf("?");
  const shown = queryAt < 0 || keepQuery ? path : path.slice(0, queryAt) + hideValues(path.slice(queryAt));
  return clip(`${scheme}://${authority}${shown}`);
}

const SHOWN_MAX = 1024;

/** The same for what could not be parsed: at most so long, and without anything that may be a password. */
export function showRaw(target: string, keepQuery: boolean): string {
  const queryAt = target.indexOf("?");
  const shown = queryAt < 0 || keepQuery ? target : target.slice(0, queryAt) + hideValues(target.slice(queryAt));
  return clip(shown.replace(/\/\/[^/@]*@/, "//"));
}

function hideValues(query: string): string {
  return query.replace(/=[^&]*/g, "=...");
}

function clip(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}...`;
}

/** From so many bytes on, a head is too much to be kept for the sake of a part of it. */
const LARGE_HEAD_BYTES = 4096;

/** A text that a record may keep for long: a part of a large head keeps all of it alive, credentials included, so it is copied. */
export function detachFromHead(text: string, headBytes: number): string {
  return headBytes < LARGE_HEAD_BYTES ? text : Buffer.from(text, "latin1").toString("latin1");
}
