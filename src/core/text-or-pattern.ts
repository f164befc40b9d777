/** What is to be found in something: a text as it stands, or a regular expression between slashes (`/welcome/i`). Null: it is no regular expression. */
export function parseTextOrPattern(text: string): string | RegExp | null {
  const [, pattern, flags] = /^\/(.+)\/([imsu]*)$/s.exec(text) ?? [];
  if (pattern === undefined) return text;
  try {
    return new RegExp(pattern, flags);
  } catch {
    return null;
  }
}
