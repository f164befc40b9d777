/** Text of a page without its marks, on one line. */
export function plainText(text: string): string {
  return oneSpaced(text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("**", ""));
}

/** Text without what only its wrapping made of it. */
export function oneSpaced(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
