import type { CheckResult } from "../check/check-result.ts";
import type { ExitScheme } from "../core/route.ts";
import { LARGER, latencyOf } from "./check-order.ts";
import { fit, formatMs, formatSpeed, type Look, paintState } from "./look.ts";

/** Characters that a table needs, and the report around it. */
export const CHECK_WIDTH_MIN = 30;

/** Results as a table: columns that no result has anything for are left out, and on a narrow terminal those that matter least. */
export function writeTable(found: readonly CheckResult[], look: Look): string[] {
  const results = withLines(found);
  const columns = chooseColumns(results, look.width);
  const widths = columns.map(({ title, max, read }) => Math.min(max, Math.max(title.length, ...results.map((row) => read(row).length))));
  const head = columns.map(({ title, isNumber }, i) => align(title, widths[i] ?? 0, isNumber));
  const rows = results.map((result) => {
    const cells = columns.map(({ read, isNumber }, i) => align(fit(read(result), widths[i] ?? 0), widths[i] ?? 0, isNumber));
    const [state = "", ...others] = cells.slice(0, columnsOf(result));
    const left =
      look.width === null ? Number.POSITIVE_INFINITY : look.width - sum([state, ...others].map(({ length }) => length + GAP.length));
    return [paintState(result.state, state, look), ...others, fit(noteOn(result), Math.max(0, left))].join(GAP).trimEnd();
  });
  return [look.paint("bold", head.join(GAP).trimEnd()), ...rows];
}

/** Proxies that differ in the password alone are told apart by their lines. */
function withLines(results: readonly CheckResult[]): readonly CheckResult[] {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const { proxy } of results) if (proxy.includes("@")) (once.has(proxy) ? twice : once).add(proxy);
  if (twice.size === 0) return results;
  return results.map((one) => {
    if (!twice.has(one.proxy) || one.line === null) return one;
    const line = ` (line ${one.line})`;
    return { ...one, proxy: `${fit(one.proxy, NAME_CHARS_MAX - line.length)}${line}` };
  });
}

/** What a dead one, or a liar, has no use for is room for the reason. */
function columnsOf({ state }: CheckResult): number {
  if (state === "dead") return COLUMNS_OF_DEAD;
  return state === "lies" ? COLUMNS_OF_LIARS : COLUMNS.length;
}

const COLUMNS_OF_DEAD = 2;
const COLUMNS_OF_LIARS = 3;

interface Column {
  readonly title: string;
  readonly read: (result: CheckResult) => string;
  readonly isNumber: boolean;
  /** Characters, at most; and where room is scarce. */
  readonly max: number;
  readonly narrow: number;
  /** The smaller, the sooner it is left out. */
  readonly worth: number;
}

const GAP = "  ";
/** What a note needs to say something. */
const NOTE_CHARS_MIN = 16;

const column = (title: string, worth: number, max: number, read: Column["read"], isNumber = false): Column => ({
  title,
  read,
  isNumber,
  max,
  narrow: Math.min(max, NARROW_CHARS_MAX[title] ?? max),
  worth,
});

/** Lists of protocols can do with less, rather than another column without any. */
const NARROW_CHARS_MAX: Readonly<Record<string, number>> = { PROTOCOLS: 12 };
const ANONYMITY_WORTH = 6;
const NAME_CHARS_MAX = 48;

const COLUMNS: readonly Column[] = [
  column("STATE", 9, 7, ({ state }) => state),
  column("PROXY", 9, NAME_CHARS_MAX, nameOf),
  column("PROTOCOLS", 8, 24, ({ protocols }) => shorten(protocols)),
  column("TIME", 7, 8, (result) => tell(latencyOf(result), formatMs), true),
  column("ANONYMITY", ANONYMITY_WORTH, 11, ({ anonymity }) => (anonymity.level === "unknown" ? "" : anonymity.level)),
  column("HONESTY", 3, 9, ({ honesty }) => (honesty.verdict === "unknown" ? "" : honesty.verdict)),
  column("SPEED", 5, 9, ({ bytesPerSecond }) => tell(bytesPerSecond, formatSpeed), true),
  column("CC", 4, 2, ({ country }) => country ?? ""),
  column("EXIT", 2, 39, ({ exitAddresses }) => exitAddresses[0] ?? ""),
  column("NETWORK", 1, 24, ({ network }) => network ?? ""),
];

function chooseColumns(results: readonly CheckResult[], width: number | null): readonly Column[] {
  let chosen = COLUMNS.filter(({ worth, read }) => worth === 9 || results.some((result) => read(result) !== ""));
  const needed = (columns: readonly Column[]) => {
    const widths = columns.map(
      ({ max, title, read }) => GAP.length + Math.min(max, Math.max(title.length, ...results.map((row) => read(row).length))),
    );
    return Math.max(sum(widths) + noteChars(results), sum(widths.slice(0, COLUMNS_OF_LIARS)) + NOTE_CHARS_MIN);
  };
  while (width !== null && chosen.length > 2 && needed(chosen) > width) {
    const least = Math.min(...chosen.map(({ worth }) => worth));
    if (least === 9) break;
    const isRoomy = chosen.some(({ max, narrow }) => narrow < max);
    chosen =
      least >= ANONYMITY_WORTH && isRoomy
        ? chosen.map((one) => ({ ...one, max: one.narrow }))
        : chosen.filter(({ worth }) => worth !== least);
  }
  return chosen;
}

/** That the notes need which stand behind all columns. */
function noteChars(results: readonly CheckResult[]): number {
  const whole = results.filter((result) => columnsOf(result) === COLUMNS.length);
  return Math.min(NOTE_CHARS_MIN, Math.max(0, ...whole.map((result) => noteOn(result).length)));
}

/** Without the scheme where another column has the protocols. */
function nameOf({ proxy, protocols }: CheckResult): string {
  return protocols.length === 0 || proxy.includes(",") ? proxy : proxy.replace(/^\w+:\/\//, "");
}

/** `socks5h` includes `socks5`, and `socks4a` `socks4`. */
function shorten(protocols: readonly ExitScheme[]): string {
  return protocols.filter((scheme) => !protocols.includes(LARGER[scheme] ?? scheme) || LARGER[scheme] === undefined).join(" ");
}

/** What is most to know about it. */
function noteOn(result: CheckResult): string {
  const { state, fault, target, can, rotates, unverified } = result;
  if (state === "dead" || state === "lies") return fault === null ? "" : `${fault.id}: ${fault.details}`;
  const notes: string[] = [];
  if (target !== null) notes.push(target.ok ? `target ${target.status ?? "ok"}` : `target: ${target.details}`);
  if (can.http.ok === false) notes.push("no http");
  if (can.https.ok === false) notes.push("no https");
  if (can.connectOther.ok === false && can.connect.ok !== false) notes.push("443 only");
  if (rotates === true) notes.push("rotates");
  if (state === "answers" && unverified[0] !== undefined) notes.push(unverified[0]);
  return notes.join(", ");
}

function tell(value: number | null, write: (value: number) => string): string {
  return value === null ? "" : write(value);
}

function align(text: string, width: number, isNumber: boolean): string {
  return isNumber ? text.padStart(width) : text.padEnd(width);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
