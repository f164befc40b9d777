import type { Incident } from "./incidents.ts";
import { isConsequence } from "./log-faults.ts";

/** Incidents by their backend and in the order of time: to look through all of them for each would take their number squared. */
export class IncidentIndex {
  readonly #byBackend: ReadonlyMap<string | null, readonly Incident[]>;
  readonly #causesByName: ReadonlyMap<string, readonly Incident[]>;
  /** Those that may be a cause, by when they began. */
  readonly #causes: readonly Incident[];

  constructor(all: readonly Incident[]) {
    this.#byBackend = Map.groupBy(all, ({ backend }) => backend);
    this.#causes = all.filter(isCause).sort((one, other) => (one.first ?? 0) - (other.first ?? 0));
    this.#causesByName = byName(this.#causes);
  }

  /** Those at exactly this backend, in the order in which they were found. */
  at(backend: string | null): readonly Incident[] {
    return this.#byBackend.get(backend) ?? [];
  }

  /** What may be a cause at this backend or at one of its servers. */
  causesAt(backend: string | null): readonly Incident[] {
    return backend === null ? [] : (this.#causesByName.get(backend) ?? []);
  }

  /** What may be a cause, those first that began nearest to a time. */
  *causesNear(time: number): Generator<Incident> {
    let after = this.#placeOf(time);
    let before = after - 1;
    for (;;) {
      const [earlier, later] = [this.#causes[before], this.#causes[after]];
      if (earlier === undefined && later === undefined) return;
      const takesLater = earlier === undefined || (later !== undefined && (later.first ?? 0) - time < time - (earlier.first ?? 0));
      if (takesLater && later !== undefined) yield later;
      else if (earlier !== undefined) yield earlier;
      if (takesLater) after++;
      else before--;
    }
  }

  /** Of the first that began then or later. */
  #placeOf(time: number): number {
    let [low, high] = [0, this.#causes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#causes[middle]?.first ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isCause({ fault, first }: Incident): boolean {
  return first !== null && !fault.startsWith("client.") && !isConsequence(fault);
}

function byName(causes: readonly Incident[]): Map<string, Incident[]> {
  const found = new Map<string, Incident[]>();
  for (const one of causes) {
    for (const name of namesOf(one.backend)) {
      const before = found.get(name);
      if (before === undefined) found.set(name, [one]);
      else before.push(one);
    }
  }
  return found;
}

/** `app/a` is one of `app`, `10.0.0.2:80` one of `10.0.0.2`. */
function namesOf(backend: string | null): string[] {
  if (backend === null) return [];
  const ends = [...backend.matchAll(/[/:]/g)].map(({ index }) => index);
  return [...ends.map((end) => backend.slice(0, end)), backend];
}
