import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultId } from "../../../src/core/fault.ts";
import { FAULTS } from "../../../src/core/fault-table.ts";
import { wordsOfFault } from "../../../src/explain/log/log-faults.ts";

const SETTING = /\b(?:limits|timeouts|pacing)\.\w|NODE_EXTRA_CA_CERTS|\bconfig's users\b|\bunder rules\b/;
/** What only this gateway looks for. */
const OWN = /^(?:honesty\.|relay\.ruled$)/;

test("who reads another gateway's log is sent to no setting of this one's", () => {
  const ids = (Object.keys(FAULTS) as FaultId[]).filter((id) => !OWN.test(id));
  const own = ids.filter((id) => SETTING.test(wordsOfFault(id, "goodgateway", null).fix));
  assert.ok(own.length >= 12);
  for (const id of ids) assert.doesNotMatch(wordsOfFault(id, "nginx", null).fix, SETTING, id);
});
