/**
 * What all parts match that stand in one line in this order, whatever is between them; the first one's flags hold for all. It reads a line
 * once, where `one.*other` would read the rest of it anew for each `one` in it.
 */
export function inOrder(first: RegExp, ...others: readonly RegExp[]): RegExp {
  let source = `(?:${first.source})`;
  let last = source;
  for (const other of others) {
    const next = `(?:${other.source})`;
    // The last that stands in front of the other is as good as any.
    source += `(?:(?!${last}).)*?${next}`;
    last = next;
  }
  return new RegExp(source, first.flags);
}
