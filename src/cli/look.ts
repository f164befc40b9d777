import { styleText } from "node:util";
import type { CheckState } from "../check/check-result.ts";
import { cutAtSpaces, withoutControls } from "../core/printable.ts";

type Style = "green" | "red" | "yellow" | "dim" | "bold";

/** How text for people is laid out. */
export interface Look {
  /** Characters of a line; null: no terminal, and lines are as long as they are. */
  readonly width: number | null;
  /** Colours text where the stream shows colours, and `NO_COLOR` does not forbid it. */
  readonly paint: (style: Style, text: string) => string;
}

/** How a stream wants its text. @param widthMin what the text needs, however narrow the terminal is. */
export function lookOf(stream: NodeJS.WriteStream, widthMin: number = WIDTH_MIN): Look {
  return {
    width: stream.isTTY ? Math.max(widthMin, stream.columns || WIDTH_UNTOLD_CHARS) : null,
    paint: (style, text) => styleText(style, text, { stream }),
  };
}

/** A terminal too narrow for most tables. */
const WIDTH_MIN = 60;
/** One that does not say. */
const WIDTH_UNTOLD_CHARS = 80;

/** A state in its colour. */
export function paintState(state: CheckState, text: string, { paint }: Look): string {
  return paint(STATE_STYLES[state], text);
}

const STATE_STYLES: Readonly<Record<CheckState, Style>> = { works: "green", answers: "yellow", lies: "red", dead: "dim" };

/** A number for people: `1,204`. */
export function format(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 proxy`, `1,204 proxies`. */
export function plural(number: number, one: string, many: string): string {
  return `${format(number)} ${number === 1 ? one : many}`;
}

/** At most so many characters, the last of them `…` where it was cut. Nothing that a proxy says moves the cursor. */
export function fit(text: string, width: number): string {
  const plain = withoutControls(text);
  return plain.length <= width ? plain : `${plain.slice(0, Math.max(0, width - 1))}…`;
}

/** Cut at spaces into lines of at most so many characters. Nothing that a proxy says moves the cursor. */
export function wrap(text: string, width: number): string[] {
  return cutAtSpaces(withoutControls(text), width);
}

/** `12 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `1.2 MB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  const [size, unit] = bytesPerSecond < 1e6 ? [bytesPerSecond / 1e3, "kB"] : [bytesPerSecond / 1e6, "MB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}/s`;
}
