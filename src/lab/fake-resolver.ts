import type { Interruption } from "../core/ledger.ts";
import type { Resolver } from "../net/resolve.ts";

/** What the resolver says of a name: its addresses, or a code of node:dns (`ENOTFOUND`, `ESERVFAIL`, `ETIMEOUT` …). */
export type FakeRecord = readonly string[] | string;

/** A resolver that knows the names it is given and no other (`ENOTFOUND`). Nothing leaves the machine. */
export function fakeResolver(records: Readonly<Record<string, FakeRecord>>): Resolver {
  return {
    async resolve(name) {
      const record = records[name] ?? "ENOTFOUND";
      return typeof record === "string" ? { interruption: interruption(record) } : { addresses: record };
    },
  };
}

function interruption(code: string): Interruption {
  return { how: "errno", code };
}
