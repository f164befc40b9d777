import type { RequestParams } from "../core/params.ts";

/** Reads `country-de,fr-session-abc-sessionduration-10`: keys and values by turns, case ignored, no dash within a value. */
export function readParams(text: string): RequestParams | ParamsError {
  const words = text.toLowerCase().split("-");
  const pairs: [string, string][] = [];
  for (let i = 0; i < words.length; i += 2) pairs.push([words[i] as string, words[i + 1] ?? ""]);
  return readParamPairs(pairs);
}

/** What is wrong, in words that quote the parameter. */
export interface ParamsError {
  readonly error: string;
}

/** The same of keys and values that stand apart already, all in lower case: a value may have dashes here. */
export function readParamPairs(pairs: readonly (readonly [string, string])[]): RequestParams | ParamsError {
  const draft: Draft = {
    exit: null,
    tags: {},
    session: null,
    hard: false,
    durationMs: null,
    maxAttempts: null,
    timeoutMs: null,
    overTls: false,
  };
  const seen = new Set<string>();
  for (const [word, value] of pairs) {
    const name = ALIASES[word] ?? word;
    const set = KEYS.get(name);
    if (set === undefined) return { error: `"${shown(word)}" is no parameter; there are ${[...KEYS.keys()].join(", ")}` };
    if (seen.has(name)) return { error: `parameter "${word}" is given twice; several values are joined by a comma` };
    seen.add(name);
    if (value === "") return { error: `parameter "${word}" has no value` };
    const problem = set(draft, value);
    if (problem !== null) return { error: `parameter "${word}" ${problem}` };
  }
  return finish(draft);
}

interface Draft {
  exit: string | null;
  readonly tags: Record<string, readonly string[]>;
  session: string | null;
  hard: boolean;
  durationMs: number | null;
  maxAttempts: number | null;
  timeoutMs: number | null;
  overTls: boolean;
}

/** As vendors write them. */
const ALIASES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  cc: "country",
  sessid: "session",
  sesstime: "sessionduration",
  lifetime: "sessionduration",
});

/** Puts a value into the draft, or says what is wrong with it. */
type Setter = (draft: Draft, value: string) => string | null;

const KEYS: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  ["country", tag("country")],
  ["city", tag("city")],
  ["tier", tag("tier")],
  ["tag", tag("tag")],
  ["pool", tag("pool")],
  ["provider", tag("provider")],
  ["session", session(false)],
  ["hardsession", session(true)],
  ["sessionduration", number(1, 7 * 24 * 60, "minutes", (draft, minutes) => (draft.durationMs = minutes * 60_000))],
  ["exit", exit],
  ["attempts", number(1, 1000, "attempts", (draft, attempts) => (draft.maxAttempts = attempts))],
  ["timeout", number(1, 24 * 60 * 60, "seconds", (draft, seconds) => (draft.timeoutMs = seconds * 1000))],
  ["scheme", scheme],
]);

/** How long a session holds its exit where the client does not say; what vendors have. */
const SESSION_MS = 10 * 60_000;

function finish({ exit, tags, session: key, hard, durationMs, maxAttempts, timeoutMs, overTls }: Draft): RequestParams | ParamsError {
  if (key === null && durationMs !== null) return { error: 'parameter "sessionduration" needs a session' };
  const wanted = key === null ? null : { key, hard, durationMs: durationMs ?? SESSION_MS };
  return { filter: { exit, tags }, session: wanted, maxAttempts, timeoutMs, overTls };
}

function tag(name: string): Setter {
  return (draft, value) => {
    const values = value.split(",").filter((one) => one !== "");
    if (values.length === 0) return "has no value";
    draft.tags[name] = values;
    return null;
  };
}

function exit(draft: Draft, value: string): null {
  draft.exit = value;
  return null;
}

function session(hard: boolean): Setter {
  return (draft, value) => {
    if (draft.session !== null) return "cannot stand beside another session";
    draft.session = value;
    draft.hard = hard;
    return null;
  };
}

function number(least: number, most: number, unit: string, put: (draft: Draft, value: number) => void): Setter {
  return (draft, text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value < least || value > most) return `is a number of ${unit} from ${least} to ${most}`;
    put(draft, value);
    return null;
  };
}

function scheme(draft: Draft, value: string): string | null {
  if (value !== "https" && value !== "http") return "is http or https";
  draft.overTls = value === "https";
  return null;
}

/** A word of the client's, short enough to quote. */
function shown(word: string): string {
  return word.length <= 32 ? word : `${word.slice(0, 30)}..`;
}
