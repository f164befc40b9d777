import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeFaultId } from "../../src/core/fault.ts";
import { STAGES } from "../../src/lab/stages.ts";
import { needs } from "../real/peers/programs.ts";
import { curlClient } from "./client-views/clients.ts";
import { recordStage } from "./client-views/recording.ts";
import { hostFor, startReplayProxy } from "./client-views/replay-proxy.ts";
import { readClientViews } from "./client-views.ts";

const PLAIN: readonly ExchangeFaultId[] = [
  "connect.refused",
  "handshake.auth_required",
  "head.closed_empty",
  "body.bad_chunk",
  "gateway.no_exit",
];
const TUNNELLED: readonly ExchangeFaultId[] = ["handshake.connect_rejected", "handshake.closed", "tunnel.reset"];

for (const [faults, scheme, way] of [
  [PLAIN, "http", "http"],
  [TUNNELLED, "https", "connect"],
] as const) {
  for (const fault of faults) {
    test(`the page of ${fault} shows what curl shows of an ${scheme} URL`, needs("curl"), async () => {
      const recording = await recordStage(STAGES[fault]);
      assert.ok(recording !== null);
      const none = { http: new Map(), connect: new Map() };
      await using proxy = await startReplayProxy({ ...none, [way]: new Map([[hostFor(fault), recording]]) });
      const seen = await curlClient(proxy.address).see(`${scheme}://${hostFor(fault)}/`);
      const shown = readClientViews().views[fault]?.[scheme]?.["curl"] ?? "";
      assert.notEqual(shown, "");
      assert.equal(withoutChance(seen), withoutChance(shown));
    });
  }
}

/** Ids, ports and times differ from run to run, and how curl words an error from version to version. */
function withoutChance(text: string): string {
  return text
    .replace(/\b1[0-9A-Z]{12}\b/g, "ID")
    .replace(/\d+/g, "#")
    .replace(/^(curl: \(#\)).*/gm, "$1");
}
