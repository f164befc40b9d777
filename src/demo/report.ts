import { formatHostPort, type HostPort } from "../core/address.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import { countRescued, findBroken } from "./findings.ts";
import type { Outages } from "./outages.ts";
import type { Tally } from "./workload.ts";
import { type DemoExit, DOWN, NEWS, SHAKY, SHOP } from "./world.ts";

/** What the demo consists of. */
export function tellWorld(exits: readonly DemoExit[], requests: number): string {
  const bad = exits.filter(({ trouble }) => trouble !== null).length;
  return [
    `Good Gateway demo: everything runs on this machine, nothing else is contacted.`,
    ``,
    `  ${SHOP} works; ${DOWN} is down: the edge in front of it has lost its origin. Both by HTTP and HTTPS.`,
    `  The pool has ${exits.length} exits, ${bad} of them bad, each in its own way.`,
    `  The same ${requests} requests are sent twice: by plain rotation, one exit and one try each, as a script does it; then through the gateway, over the same exits.`,
    ``,
  ].join("\n");
}

/** Both ways of the same requests. */
export interface Comparison {
  readonly records: readonly ExchangeRecord[];
  readonly script: Tally;
  readonly gateway: Tally;
}

/** Who broke, what was rescued, and both success rates side by side. Where it has few columns, the faults' names are left out. */
export function tellOutcome(exits: readonly DemoExit[], { records, script, gateway }: Comparison, columns: number): string {
  return [
    "Who broke, as the gateway saw it:",
    "",
    ...table(
      ["who", "what is wrong with it", "times", "rescued", "faults"],
      findBroken(records).map(({ who, culprit, faults, attempts, rescued }) => {
        return [who, troubleOf(exits, who) ?? `a site; culprit: ${culprit}`, String(attempts), String(rescued), faults.join(", ")];
      }),
      columns,
    ),
    "",
    `${countRescued(records)} requests failed at an exit and were rescued by another. A bad exit is benched after it failed, so that it costs few attempts, however many requests there are.`,
    "",
    ...table(
      ["", "plain rotation", "through the gateway"],
      [
        ["answered", answered(script, records.length), answered(gateway, records.length)],
        ["failed", String(script.failures.length), String(gateway.failures.length)],
        ["seconds", (script.ms / 1000).toFixed(1), (gateway.ms / 1000).toFixed(1)],
      ],
      columns,
    ),
    "",
    tellFailures(gateway),
    "",
  ].join("\n");
}

/** How a site that went down and exits that went down fared. */
export function tellOutages({ site, exits }: Outages): string {
  const { asked, spared, benched, goodExits, others, backMs } = site;
  const back = backMs === null ? "It was not asked again in time." : `It was served again ${tellWait(backMs)} it was back.`;
  return [
    "",
    `Then ${NEWS} went down for a while: it closed every connection without a word.`,
    `  Of ${asked} requests for it, ${spared} were told so at once, without a try. ${benched} of the ${goodExits} good exits were benched for it, and ${others.answered} of ${others.all} requests for ${SHOP} were answered meanwhile. ${back}`,
    `Then ${exits.down.length} of the ${goodExits} good exits went down (${exits.down.join(", ")}).`,
    `  ${exits.requests.answered} of ${exits.requests.all} requests for ${SHOP} were answered.`,
    "",
  ].join("\n");
}

function tellWait(ms: number): string {
  return ms < 100 ? "as soon as" : `${(ms / 1000).toFixed(1)} s after`;
}

/** Three commands, each of which works as long as the demo runs. */
export function tellCommands(gateway: HostPort, caFile: string): string {
  const at = formatHostPort(gateway);
  return [
    "The gateway stays up. Three things to try from another terminal:",
    "",
    "  # by an exit that drops every request at the first try: rescued, and Proxy-Status says so",
    `  curl -i -x http://demo-exit-${SHAKY}:x@${at} http://${SHOP}/`,
    "",
    "  # CONNECT: your own TLS, from end to end, over whichever exit works",
    `  curl -v -x http://${at} --cacert ${caFile} https://${SHOP}/`,
    "",
    "  # a 502 that no exit can rescue: Proxy-Status says who broke",
    `  curl -i -x http://${at} http://${DOWN}/`,
    "",
    "Ctrl-C ends the demo.",
    "",
  ].join("\n");
}

function troubleOf(exits: readonly DemoExit[], who: string): string | null {
  if (who === DOWN) return "is a site whose edge has lost its origin";
  if (who === SHOP) return "works; suspected until other exits reached it";
  return exits.find(({ exit }) => exit.id === who)?.trouble ?? null;
}

function answered({ failures }: Tally, total: number): string {
  const count = total - failures.length;
  return `${count} of ${total} (${Math.round((100 * count) / total)} %)`;
}

function tellFailures({ failures }: Tally): string {
  const down = failures.filter(({ request }) => request.url.hostname === DOWN).length;
  if (failures.length === 0) return "Through the gateway nothing failed.";
  const others = failures.length - down;
  const site = `What failed through the gateway: ${down} ${down === 1 ? "request" : "requests"} for ${DOWN}, which is down: no exit can rescue those.`;
  return others === 0 ? site : `${site} And ${others} for ${SHOP}: ${failures.find(({ request }) => request.url.hostname === SHOP)?.why}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], columnsMax: number): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => /^[\d.]+$/.test(row[column] ?? "")));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ")}`.trimEnd();
  const lines = [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
  if (head.length <= 1 || lines.every((one) => one.length <= columnsMax)) return lines;
  return table(
    head.slice(0, -1),
    rows.map((row) => row.slice(0, -1)),
    columnsMax,
  );
}
