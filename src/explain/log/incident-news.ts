import { hideLikelySecrets } from "../hide-likely-secrets.ts";
import type { Incident } from "./incidents.ts";
import { decodeBytes } from "./line-cutter.ts";
import type { AnyFaultId, LogProgram } from "./log-event.ts";
import { wordsOfFault } from "./log-faults.ts";
import { settingFor } from "./settings.ts";

/** That an incident began, goes on, or has not for a while: what is told while logs are followed. */
export interface News {
  readonly kind: "opened" | "grew" | "quiet";
  readonly program: LogProgram;
  readonly fault: AnyFaultId;
  readonly culprit: string;
  readonly backend: string | null;
  /** Lines in all, and since it was told of before. */
  readonly count: number;
  readonly added: number;
  /** Of the log's own clock, ISO 8601 without a zone; null: its lines have no time. */
  readonly last: string | null;
  readonly line: { readonly file: string; readonly line: number; readonly words: string };
  readonly summary: string;
  readonly fix: string;
  readonly setting: string | null;
}

interface Told {
  /** Lines that were told of, and that were there when it was last looked at. */
  count: number;
  seen: number;
  toldMs: number;
  grewMs: number;
  isQuiet: boolean;
}

/**
 * Remembers what was told of which incident: one is told at once, then each time that it has grown tenfold, or once a minute while it grows,
 * and that it is over for now when it has not for a minute.
 */
export class IncidentNews {
  readonly #told = new Map<Incident, Told>();

  /** What is there already is no news, but that it goes on is. */
  skip(incidents: readonly Incident[], nowMs: number): void {
    for (const one of incidents) this.#told.set(one, { count: one.count, seen: one.count, toldMs: nowMs, grewMs: nowMs, isQuiet: true });
  }

  /** @param nowMs of any clock that runs evenly. */
  read(incidents: readonly Incident[], nowMs: number): News[] {
    const there = new Set(incidents);
    // Those that were given up for others are forgotten here too.
    for (const one of this.#told.keys()) if (!there.has(one)) this.#told.delete(one);
    return incidents.flatMap((one) => this.#look(one, nowMs) ?? []);
  }

  #look(one: Incident, nowMs: number): News | null {
    const told = this.#told.get(one);
    if (told === undefined) {
      this.#told.set(one, { count: one.count, seen: one.count, toldMs: nowMs, grewMs: nowMs, isQuiet: false });
      return tell("opened", one, 0);
    }
    if (one.count > told.seen) told.grewMs = nowMs;
    told.seen = one.count;
    const isGrown = one.count >= told.count * GROWTH || (one.count > told.count && (told.isQuiet || nowMs - told.toldMs >= AGAIN_MS));
    const isOver = !told.isQuiet && nowMs - told.grewMs >= QUIET_MS;
    if (!isGrown && !isOver) return null;
    const news = tell(isOver ? "quiet" : "grew", one, told.count);
    Object.assign(told, { count: one.count, toldMs: nowMs, isQuiet: isOver });
    return news;
  }
}

const GROWTH = 10;
const AGAIN_MS = 60_000;
const QUIET_MS = 60_000;

function tell(kind: News["kind"], one: Incident, before: number): News {
  const { culprit, summary, fix } = wordsOfFault(one.fault, one.program, one.culprit);
  const { words, file, line } = one.sample;
  return {
    kind,
    program: one.program,
    fault: one.fault,
    culprit,
    backend: one.backend === null ? null : decodeBytes(one.backend),
    count: one.count,
    added: one.count - before,
    last: one.last === null ? null : new Date(one.last).toISOString().slice(0, 19),
    line: { file, line, words: decodeBytes(hideLikelySecrets(words)) },
    summary,
    fix,
    setting: settingFor(one.program, one.fault),
  };
}
