/** Where something stands in a config: a path and a line, from 1. */
export interface Where {
  readonly file: string;
  readonly line: number;
}

/** One directive of a config with what it is in. */
export interface Setting {
  readonly where: Where;
  /** Lower case. */
  readonly name: string;
  readonly args: readonly string[];
  /** What it opens (`{ … }`, or the lines of a section); empty: nothing. */
  readonly inner: readonly Setting[];
}

/** What in a config causes a 502 sooner or later. */
export interface Finding {
  readonly where: Where;
  /** `likely`: it will; `risk`: it may, under a condition that the words name. */
  readonly weight: "likely" | "risk";
  /** A sentence: what is set, or missing. */
  readonly what: string;
  /** A sentence: what follows from it. */
  readonly why: string;
  /** The line to write. */
  readonly write: string;
}

/** How long a gateway waits for the answer of what lies behind it: a rung of the ladder. */
export interface Wait {
  readonly where: Where;
  /** As people know it: `nginx proxy_read_timeout`. */
  readonly name: string;
  readonly ms: number;
}

/** What was read out of one config. */
export interface ConfigReading {
  readonly findings: readonly Finding[];
  /** The longest wait that it sets or has by default; null: it waits for nobody. */
  readonly wait: Wait | null;
  /** How long it keeps idle connections of whoever is in front of it; null: not, or it is not known. */
  readonly keepsClients?: Wait | null;
  /** How long it keeps idle connections with what is behind it; null: not, or it is not known. */
  readonly keepsBackends?: Wait | null;
}

/** The last of the settings with a name that count here: the innermost that has one. */
export function lookUp(scopes: readonly (readonly Setting[])[], name: string): Setting | null {
  for (const scope of scopes.toReversed()) {
    const found = scope.findLast((setting) => setting.name === name);
    if (found !== undefined) return found;
  }
  return null;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** Milliseconds of a time such as `60`, `90s`, `1m30s`, `2 minutes`; null: it is none. `bareUnit` is that of a number alone. */
export function readTime(words: readonly string[], bareUnit: "ms" | "s"): number | null {
  const text = words.join("").toLowerCase();
  if (/^\d+$/.test(text)) return Number(text) * (UNITS_MS[bareUnit] as number);
  const parts = [...text.matchAll(/(\d{1,15})([a-z]+)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) return null;
  const times = parts.map(([, count, unit]) => Number(count) * (UNITS_MS[unit as string] ?? Number.NaN));
  const sum = times.reduce((total, one) => total + one, 0);
  return Number.isNaN(sum) ? null : sum;
}
