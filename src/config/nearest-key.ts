/** The known key that a mistyped one most likely means; null where none is near. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  let best: { key: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (best === null || distance < best.distance) best = { key: candidate, distance };
  }
  return best !== null && best.distance <= Math.max(2, Math.floor(key.length / 3)) ? best.key : null;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (previous[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? (beforePrevious[j - 2] ?? 0) + 1 : replaced;
      row.push(Math.min((previous[j] as number) + 1, (row[j - 1] as number) + 1, replaced, swapped));
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[to.length] as number;
}
