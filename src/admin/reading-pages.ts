import { setImmediate as nextTurn } from "node:timers/promises";
import { HOP_STATES } from "../core/event.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { Outcome } from "../core/ledger.ts";
import { EXPOSITION_TYPE } from "../observe/exposition.ts";
import { type Answer, answerJson, answerText, refuse } from "./answer.ts";
import type { Call, Page } from "./page.ts";

const OUTCOMES: readonly Outcome[] = ["ok", "rescued", "relayed", "failed", "aborted"];
const RECORDS_DEFAULT = 100;
const RECORDS_MAX = 1000;
const EXITS_UNASKED_MAX = 500;
const EXITS_MAX = 2000;

/** The pages that change nothing. */
export const READING_PAGES: readonly Page[] = [
  { method: "GET", path: "/healthz", keys: [], answer: () => answerText(200, "ok\n") },
  { method: "GET", path: "/readyz", keys: [], answer: tellReady },
  { method: "GET", path: "/metrics", keys: [], answer: ({ sources }) => answerText(200, sources.metrics(), EXPOSITION_TYPE) },
  { method: "GET", path: "/api/exits", keys: ["limit", "after", "state", "draining", "tag"], answer: listExits },
  { method: "GET", path: "/api/exits/ID", keys: [], answer: findExit },
  { method: "GET", path: "/api/exchanges", keys: ["limit", "outcome", "fault", "exit"], answer: listExchanges },
  { method: "GET", path: "/api/exchanges/ID", keys: [], answer: findExchange },
  { method: "GET", path: "/api/usage", keys: ["limit"], answer: tellUsage },
];

function tellReady({ sources }: Call): Answer {
  return sources.ready() ? answerText(200, "ready\n") : answerText(503, "not ready\n");
}

async function listExits({ sources, query }: Call): Promise<Answer> {
  const limit = readLimit(query, EXITS_UNASKED_MAX, EXITS_MAX);
  if (limit === null) return refuse(400, `limit is a number from 1 to ${EXITS_MAX}`);
  const state = query.get("state");
  if (state !== null && !isOneOf(HOP_STATES, state)) return refuse(400, `state is one of ${HOP_STATES.join(", ")}`);
  const draining = query.get("draining");
  if (draining !== null && !isOneOf(["true", "false"], draining)) return refuse(400, "draining is true or false");
  const tags = readTags(query.getAll("tag"));
  if (tags === null) return refuse(400, "tag is name:value, as in tag=country:de; several values are joined by commas");

  const after = query.get("after");
  const steps = sources.exits.list({ limit, after, state, draining: draining === null ? null : draining === "true", tags });
  let step = steps.next();
  while (step.done !== true) {
    await nextTurn();
    step = steps.next();
  }
  if (step.value === null) return refuse(410, `there is no exit ${after} any more to go on behind; begin again without after`);
  return answerJson(step.value);
}

function findExit({ sources, id }: Call): Answer {
  const exit = sources.exits.find(id);
  return exit === null ? refuse(404, "no exit has this id") : answerJson(exit);
}

function listExchanges({ sources, query }: Call): Answer {
  const limit = readLimit(query, RECORDS_DEFAULT, RECORDS_MAX);
  const outcome = query.get("outcome");
  const fault = query.get("fault");
  if (limit === null) return refuse(400, `limit is a number from 1 to ${RECORDS_MAX}`);
  if (outcome !== null && !isOneOf(OUTCOMES, outcome)) return refuse(400, `outcome is one of ${OUTCOMES.join(", ")}`);
  if (fault !== null && !isFaultOrFamily(fault))
    return refuse(400, "fault is a fault id, such as connect.refused, or a family, such as connect");
  return answerJson({ exchanges: sources.exchanges.recent(limit, { outcome, fault, exit: query.get("exit") }) });
}

function findExchange({ sources, id }: Call): Answer {
  const record = sources.exchanges.get(id);
  return record === null ? refuse(404, "no exchange with this id is kept; only the latest are") : answerJson(record);
}

function tellUsage({ sources, query }: Call): Answer {
  const limit = readLimit(query, RECORDS_DEFAULT, RECORDS_MAX);
  return limit === null ? refuse(400, `limit is a number from 1 to ${RECORDS_MAX}`) : answerJson(sources.usage(limit));
}

function readLimit(query: URLSearchParams, otherwise: number, most: number): number | null {
  const text = query.get("limit") ?? String(otherwise);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= most ? limit : null;
}

/** `country:de,at`, any number of times, as a filter has them; null: not understood. */
function readTags(given: readonly string[]): Record<string, readonly string[]> | null {
  const tags: Record<string, readonly string[]> = {};
  for (const text of given) {
    const [, name, values = ""] = /^([A-Za-z][\w.-]*):(.+)$/.exec(text) ?? [];
    if (name === undefined) return null;
    tags[name.toLowerCase()] = values.toLowerCase().split(",");
  }
  return tags;
}

function isFaultOrFamily(text: string): boolean {
  return Object.keys(FAULTS).some((id) => id === text || id.startsWith(`${text}.`));
}

function isOneOf<T extends string>(values: readonly T[], text: string): text is T {
  return (values as readonly string[]).includes(text);
}
