import type { Clock } from "../core/clock.ts";
import type { GatewayEvent, Report } from "../core/event.ts";
import type { ExchangeRecord } from "../core/ledger.ts";
import { hideUserinfo, printable, printableJson } from "../core/printable.ts";
import { tellEvent } from "./log-line.ts";

/**
 * Turns events into log lines: one line, with the whole story, for each exchange that failed, was rescued or relayed a 5xx,
 * and one for each change of an exit's or a target's state or of the configuration, for each verdict that was revised, and each warning.
 *
 * Text is for people. In JSON a line about an exchange is its record as it is; any other line has `at` and `event`.
 *
 * @param write takes one line without its end.
 */
export function logger(format: "text" | "json", write: (line: string) => void, clock: Pick<Clock, "wall">): Report {
  const render = format === "json" ? renderJson : renderText;
  return (event) => {
    if (isTold(event)) write(hideUserinfo(render(event, new Date(clock.wall()).toISOString())));
  };
}

function isTold(event: GatewayEvent): boolean {
  switch (event.type) {
    case "exchange-ended":
      return isStory(event.record);
    case "hop-changed":
      // A pool of thousands that is tried for the first time would be thousands of lines of good news.
      return event.from !== "untried" || event.to === "benched";
    case "circuit-changed":
      return event.to !== "half-open"; // what its probe found out is told
    case "tunnel-opened":
    case "tunnel-closed":
    case "exit-checked": // what follows from it for the exit is told
      return false;
    case "verdict-revised":
    case "operator-acted":
    case "config-changed":
    case "config-refused":
    case "warning":
      return true;
  }
}

/** A client that left is nobody's fault to follow up; the admin API and the metrics still have it. */
function isStory({ outcome }: ExchangeRecord): boolean {
  return outcome === "failed" || outcome === "rescued" || outcome === "relayed";
}

function renderText(event: GatewayEvent, at: string): string {
  // To the second; a line of the text form is for reading, the JSON form has the milliseconds.
  return printable(`${at.slice(0, 19)}Z ${tellEvent(event)}`);
}

function renderJson(event: GatewayEvent, at: string): string {
  if (event.type === "exchange-ended") return printableJson(JSON.stringify(event.record));
  const { type, ...rest } = event;
  return printableJson(JSON.stringify({ at, event: type, ...rest }));
}
