/**
 * The word that stands in bytes[at, end), where it is one that most messages have: the same string each time, where a slice of the head
 * would be a new one, which is compared byte by byte wherever somebody looks for a field. Null: another word.
 */
export function usualWord(bytes: Uint8Array, at: number, end: number): string | null {
  const length = end - at;
  if (length > CHARS_MAX) return null;
  const slot = slotOf(bytes[at] as number, bytes[end - 1] as number, length);
  const word = WORDS[slot] as string;
  if (word.length !== length) return null;
  const letters = slot * CHARS_MAX;
  for (let i = 0; i < length; i++) if (LETTERS[letters + i] !== bytes[at + i]) return null;
  return word;
}

/** Methods, and names of fields as most programs write them. */
export const USUAL_WORDS: readonly string[] = [
  ...["GET", "HEAD", "POST", "PUT", "CONNECT", "OPTIONS"],
  ...["Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Cookie", "Authorization", "Proxy-Authorization", "Referer"],
  ...["Connection", "Proxy-Connection", "Keep-Alive", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding"],
  ...[
    "Date",
    "Server",
    "Cache-Control",
    "Last-Modified",
    "ETag",
    "Vary",
    "Location",
    "Set-Cookie",
    "Expires",
    "Age",
    "Via",
    "Accept-Ranges",
  ],
  ...["host", "user-agent", "accept", "accept-encoding", "accept-language", "cookie", "authorization", "connection"],
  ...["content-length", "content-type", "content-encoding", "transfer-encoding", "date", "server", "cache-control", "etag", "vary"],
];

const CHARS_MAX = 24;
const WORDS_MAX = 256;
const WORDS: string[] = Array.from({ length: WORDS_MAX }, () => "");
const LETTERS: Uint8Array = new Uint8Array(WORDS_MAX * CHARS_MAX);

function slotOf(first: number, last: number, length: number): number {
  return (first + last * 2 + length * 39) & (WORDS_MAX - 1);
}

for (const word of USUAL_WORDS) {
  const slot = slotOf(word.charCodeAt(0), word.charCodeAt(word.length - 1), word.length);
  WORDS[slot] = word;
  for (let i = 0; i < word.length; i++) LETTERS[slot * CHARS_MAX + i] = word.charCodeAt(i);
}
