import { type ExitKind, kindText } from "../core/exit-rows.ts";
import { NONE } from "./exit-store.ts";
import { ownConcurrency } from "./limits.ts";

/** A kind of exits that the pool has. */
export interface PoolKind extends ExitKind {
  /** `NONE`: the pool has no exit of it any more. */
  number: number;
  /** How many exits are of it. */
  exits: number;
  /** The lists that its exits are in, by number. */
  readonly lists: readonly number[];
  /** They have a limit of their own. */
  readonly isLimited: boolean;
}

/** What the exits of the pool have in common, which is kept once for a million of them. */
export class PoolKinds {
  /** Exits that have a limit of their own. */
  limited = 0;
  readonly #all: (PoolKind | null)[] = [];
  readonly #byText = new Map<string, PoolKind>();
  readonly #unused: number[] = [];
  readonly #listsOf: (tags: ExitKind["tags"]) => readonly number[];

  /** @param listsOf the lists that exits with such tags are in. */
  constructor(listsOf: (tags: ExitKind["tags"]) => readonly number[]) {
    this.#listsOf = listsOf;
  }

  /** Kinds have numbers below this. */
  get end(): number {
    return this.#all.length;
  }

  get(number: number): PoolKind {
    return this.#all[number] as PoolKind;
  }

  find(number: number): PoolKind | null {
    return this.#all[number] ?? null;
  }

  /** The kind that has this in common; to be entered before another one is left. */
  of(common: ExitKind): PoolKind {
    const text = kindText(common);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const { tags, weight, rotating } = common;
    const number = this.#unused.pop() ?? this.#all.length;
    const isLimited = ownConcurrency({ tags }) !== null;
    const kind: PoolKind = { tags, weight, rotating, number, exits: 0, lists: this.#listsOf(tags), isLimited };
    this.#all[number] = kind;
    this.#byText.set(text, kind);
    return kind;
  }

  enter(kind: PoolKind): void {
    kind.exits++;
    if (kind.isLimited) this.limited++;
  }

  /** True where that was the last exit of the kind, which is gone then. */
  leave(kind: PoolKind): boolean {
    if (kind.isLimited) this.limited--;
    if (--kind.exits > 0) return false;
    this.#byText.delete(kindText(kind));
    this.#all[kind.number] = null;
    this.#unused.push(kind.number);
    kind.number = NONE;
    return true;
  }
}
