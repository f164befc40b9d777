/**
 * The media type that an Accept field prefers (RFC 9110 12.5.1), out of those we have, in the order of our own preference.
 * Equal weights go to the one that the field names most exactly, then to the one it names first. Null: none is acceptable.
 */
export function preferredType<T extends string>(accept: string | null, ours: readonly T[]): T | null {
  if (accept === null || accept.trim() === "") return ours[0] ?? null;
  const ranges = accept.split(",").slice(0, RANGES_MAX).map(parseRange);
  let best: { type: T; match: Match } | null = null;
  for (const type of ours) {
    const match = bestMatch(type, ranges);
    if (match === null || match.weight === 0) continue;
    if (best === null || compare(match, best.match) > 0) best = { type, match };
  }
  return best?.type ?? null;
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

interface Match {
  readonly weight: number;
  /** 2: the type itself, 1: `type/*`, 0: any. */
  readonly exactness: number;
  /** Position in the field. */
  readonly position: number;
}

const RANGES_MAX = 32;

function parseRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

// RFC 9110 12.5.1: the most specific range that matches a type decides its weight.
function bestMatch(type: string, ranges: readonly Range[]): Match | null {
  const forms = ["*/*", `${type.slice(0, type.indexOf("/"))}/*`, type];
  let best: Match | null = null;
  ranges.forEach((range, position) => {
    const exactness = forms.indexOf(range.type);
    if (exactness >= 0 && (best === null || exactness > best.exactness)) best = { weight: range.weight, exactness, position };
  });
  return best;
}

function compare(a: Match, b: Match): number {
  return a.weight - b.weight || a.exactness - b.exactness || (a.exactness > 0 ? b.position - a.position : 0);
}
