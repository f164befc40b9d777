import type { HopState } from "../core/event.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { ExchangeRecord, Outcome } from "../core/ledger.ts";
import { EXPOSITION_TYPE } from "../observe/exposition.ts";
import type { ExchangeFilter } from "../observe/ring.ts";
import { type Answer, answerJson, answerText, refuse } from "./answer.ts";

/** Where the admin API reads from; asked anew for every request. */
export interface AdminSources {
  /** Whether the gateway takes traffic: listeners are open, and it does not shut down. */
  ready(): boolean;
  metrics(): string;
  exits(): readonly { readonly state: HopState }[];
  readonly exchanges: {
    get(id: string): ExchangeRecord | null;
    recent(limit: number, filter: ExchangeFilter): readonly ExchangeRecord[];
  };
}

/** The answer to an admitted GET or HEAD of `url`, the request's target. */
export function route(url: string, sources: AdminSources): Answer {
  const [path = "", search = ""] = split(url, "?");
  const query = new URLSearchParams(search);
  const handler = HANDLERS.get(path);
  if (handler !== undefined) return refuseUnknownKeys(query, handler.keys) ?? handler.answer(sources, query);
  if (path.startsWith(EXCHANGE)) return refuseUnknownKeys(query, []) ?? findExchange(path.slice(EXCHANGE.length), sources);
  return refuse(404, `there is no such page here, but ${[...HANDLERS.keys(), `${EXCHANGE}ID`].join(", ")}`);
}

const EXCHANGE = "/api/exchanges/";
const OUTCOMES: readonly Outcome[] = ["ok", "rescued", "relayed", "failed", "aborted"];
const STATES: readonly HopState[] = ["untried", "healthy", "benched"];
const RECORDS_DEFAULT = 100;
const RECORDS_MAX = 1000;

interface Handler {
  /** Keys that the query may have. */
  readonly keys: readonly string[];
  answer(sources: AdminSources, query: URLSearchParams): Answer;
}

const HANDLERS = new Map<string, Handler>([
  ["/healthz", { keys: [], answer: () => answerText(200, "ok\n") }],
  ["/readyz", { keys: [], answer: (sources) => (sources.ready() ? answerText(200, "ready\n") : answerText(503, "not ready\n")) }],
  ["/metrics", { keys: [], answer: (sources) => answerText(200, sources.metrics(), EXPOSITION_TYPE) }],
  ["/api/exits", { keys: ["state"], answer: listExits }],
  ["/api/exchanges", { keys: ["limit", "outcome", "fault", "exit"], answer: listExchanges }],
]);

function listExits(sources: AdminSources, query: URLSearchParams): Answer {
  const state = query.get("state");
  if (state !== null && !isOneOf(STATES, state)) return refuse(400, `state is one of ${STATES.join(", ")}`);
  const exits = sources.exits();
  return answerJson({ exits: state === null ? exits : exits.filter((exit) => exit.state === state) });
}

function listExchanges(sources: AdminSources, query: URLSearchParams): Answer {
  const limit = query.get("limit") ?? String(RECORDS_DEFAULT);
  const outcome = query.get("outcome");
  const fault = query.get("fault");
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > RECORDS_MAX) {
    return refuse(400, `limit is a number from 1 to ${RECORDS_MAX}`);
  }
  if (outcome !== null && !isOneOf(OUTCOMES, outcome)) return refuse(400, `outcome is one of ${OUTCOMES.join(", ")}`);
  if (fault !== null && !isFaultOrFamily(fault))
    return refuse(400, "fault is a fault id, such as connect.refused, or a family, such as connect");
  return answerJson({ exchanges: sources.exchanges.recent(Number(limit), { outcome, fault, exit: query.get("exit") }) });
}

function findExchange(id: string, sources: AdminSources): Answer {
  const record = sources.exchanges.get(id);
  return record === null ? refuse(404, "no exchange with this id is kept; only the latest are") : answerJson(record);
}

/** A key that is misspelt would be a filter that does nothing. */
function refuseUnknownKeys(query: URLSearchParams, known: readonly string[]): Answer | null {
  const unknown = [...query.keys()].find((key) => !known.includes(key));
  if (unknown === undefined) return null;
  return refuse(400, known.length === 0 ? "this page takes no parameters" : `the parameters of this page are ${known.join(", ")}`);
}

function isFaultOrFamily(text: string): boolean {
  return Object.keys(FAULTS).some((id) => id === text || id.startsWith(`${text}.`));
}

function isOneOf<T extends string>(values: readonly T[], text: string): text is T {
  return (values as readonly string[]).includes(text);
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
