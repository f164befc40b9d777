/**
 * Text that is safe on a terminal and in a log file: one line, no escape sequence, no bidirectional override.
 * Targets, reason phrases and banners come from machines that may be hostile, so nothing we show holds their control characters.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** The same for a JSON text: escapes stay valid JSON (JSON.stringify leaves 0x7f and the C1 controls as they are). */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, escapeUnit);
}

/** The same for people, where bytes do not matter: a run of such characters is a space. */
export function withoutControls(text: string): string {
  return text.replace(UNPRINTABLE_RUNS, " ");
}

/** Into lines of at most so many characters; a word that is longer is left whole. */
export function cutAtSpaces(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Records and events carry no userinfo; should a message of ours ever quote a URL that does, it ends here. */
export function hideUserinfo(text: string): string {
  return text.includes("@") ? text.replace(USERINFO, "://***@") : text;
}

/** C0, DEL, C1 (0x9b opens an escape sequence on some terminals), line separators, and what turns the direction of text around. */
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const UNPRINTABLE_RUNS = new RegExp(`${UNPRINTABLE.source}+`, "g");

/** Up to the last @ of an authority: a raw password may hold one. */
const USERINFO = /:\/\/[^\s/"']*@/g;

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : escapeUnit(character);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
