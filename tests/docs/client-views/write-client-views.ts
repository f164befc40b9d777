// Writes client-views.json: what clients show of each fault. The gateway's answers are recorded once, over the lab's stages, and sent to
// real clients. Run it with `npm run docs:clients`, then `npm run docs`.
import { writeFileSync } from "node:fs";
import type { ExchangeFaultId } from "../../../src/core/fault.ts";
import { STAGES } from "../../../src/lab/stages.ts";
import { CLIENT_VIEWS, type ClientViews, type View } from "../client-views.ts";
import { chromiumClient, curlClient, nodeClient, pythonClient, versionsOf } from "./clients.ts";
import { type Recording, recordStage } from "./recording.ts";
import { hostFor, startReplayProxy } from "./replay-proxy.ts";

const recordings = { http: new Map<string, Recording>(), connect: new Map<string, Recording>() };
/** What breaks before anything of the request or its answer is on the way: the gateway says the same of a tunnel. */
const SEEN_BY_BOTH = /^(client|gateway|dns|connect|handshake)\./;
const faults = Object.keys(STAGES) as ExchangeFaultId[];

for (const fault of faults) {
  const recording = await recordStage(STAGES[fault]);
  if (recording === null || (recording.kind !== "http" && recording.kind !== "connect")) continue;
  if (recording.endedBy === "client" && !isRefusal(recording)) continue; // it was the client that left: it sees nothing
  const ways = isRefusal(recording) && SEEN_BY_BOTH.test(fault) ? (["http", "connect"] as const) : [recording.kind];
  for (const way of ways) recordings[way].set(hostFor(fault), recording);
}

await using proxy = await startReplayProxy(recordings);
const opened = [curlClient(proxy.address), pythonClient(proxy.address), nodeClient(proxy.address), await chromiumClient(proxy.address)];
const views: Record<string, View> = {};
for (const fault of faults) {
  const host = hostFor(fault);
  const view: Record<string, Record<string, string>> = {};
  for (const [way, scheme] of [
    ["http", "http"],
    ["connect", "https"],
  ] as const) {
    if (!recordings[way].has(host)) continue;
    const seen: Record<string, string> = {};
    for (const client of opened) seen[client.name] = (await client.see(`${scheme}://${host}/`)).replaceAll(host, "site.example");
    view[scheme] = seen;
  }
  if (Object.keys(view).length > 0) views[fault] = view;
  process.stderr.write(`${fault}: ${Object.keys(view).join(", ") || "no client sees it"}\n`);
}
const all: ClientViews = { versions: await versionsOf(), views };
writeFileSync(CLIENT_VIEWS, `${JSON.stringify(all, null, 2)}\n`);
for (const client of opened) await client[Symbol.asyncDispose]();

/** An answer of the gateway's own, as it would be to a CONNECT too. */
function isRefusal({ steps }: Recording): boolean {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(steps[0]?.bytes?.toString("latin1", 0, 12) ?? "")?.[1] ?? 0);
  return status >= 400;
}
