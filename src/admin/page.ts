import type { ExchangeRecord } from "../core/ledger.ts";
import type { ExchangeFilter } from "../observe/ring.ts";
import type { Usage } from "../pool/accounting.ts";
import type { ExitPage, ExitsWanted } from "../pool/listing.ts";
import type { Answer } from "./answer.ts";
import type { Body } from "./body.ts";
import type { Operator, Who } from "./operator.ts";

/** What the admin API reads from and acts on; asked anew for every request. */
export interface AdminSources {
  /** Whether the gateway takes traffic: listeners are open, and it does not shut down. */
  ready(): boolean;
  metrics(): string;
  readonly exits: {
    /** One exit and what is known of it. */
    find(id: string): object | null;
    /** Gives way now and then, so that nobody else waits for a long list. */
    list(wanted: ExitsWanted): Generator<void, ExitPage>;
  };
  readonly exchanges: {
    get(id: string): ExchangeRecord | null;
    recent(limit: number, filter: ExchangeFilter): readonly ExchangeRecord[];
  };
  /** What was spent, with so many exits and targets by name. */
  usage(limit: number): Usage;
  readonly operator: Operator;
}

/** One request for a page, as its handler sees it. */
export interface Call {
  readonly sources: AdminSources;
  /** What stands in the path in the place of `ID`; empty where the page has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Empty of a page that only reads. */
  readonly body: Body;
  readonly who: Who;
}

/** What can be asked of one path by one method. HEAD goes with GET. */
export interface Page {
  readonly method: "GET" | "POST" | "DELETE";
  /** `ID` stands for any one segment. */
  readonly path: string;
  /** Keys that the query may have. */
  readonly keys: readonly string[];
  answer(call: Call): Answer | Promise<Answer>;
}
