import { hideLikelySecrets } from "../hide-likely-secrets.ts";
import type { Incident } from "./incidents.ts";
import { decodeBytes } from "./line-cutter.ts";
import type { AnyFaultId, LogProgram } from "./log-event.ts";
import { wordsOfFault } from "./log-faults.ts";
import { settingFor } from "./settings.ts";

/** That an incident began, or how it goes on: what is told while logs are followed. */
export interface News {
  readonly kind: "opened" | "grew";
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
  readonly count: number;
  readonly atMs: number;
}

/** Remembers what was told of which incident: one is told at once, then each time that it has grown tenfold, or once a minute while it grows. */
export class IncidentNews {
  readonly #told = new Map<Incident, Told>();

  /** What is there already is no news. */
  skip(incidents: readonly Incident[], nowMs: number): void {
    for (const one of incidents) this.#told.set(one, { count: one.count, atMs: nowMs });
  }

  /** @param nowMs of any clock that runs evenly. */
  read(incidents: readonly Incident[], nowMs: number): News[] {
    const news: News[] = [];
    const there = new Set(incidents);
    // Those that were given up for others are forgotten here too.
    for (const one of this.#told.keys()) if (!there.has(one)) this.#told.delete(one);
    for (const one of incidents) {
      const told = this.#told.get(one);
      const isDue = told === undefined || one.count >= told.count * GROWTH || (one.count > told.count && nowMs - told.atMs >= AGAIN_MS);
      if (isDue) news.push(tell(one, told?.count ?? 0));
      if (isDue) this.#told.set(one, { count: one.count, atMs: nowMs });
    }
    return news;
  }
}

const GROWTH = 10;
const AGAIN_MS = 60_000;

function tell(one: Incident, before: number): News {
  const { culprit, summary, fix } = wordsOfFault(one.fault);
  const { words, file, line } = one.sample;
  return {
    kind: before === 0 ? "opened" : "grew",
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
