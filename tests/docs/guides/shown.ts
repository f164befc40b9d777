import { resolve } from "node:path";
import { runCommand } from "../../real/run-command.ts";
import { plainText } from "./plain-text.ts";
import { startWorld, type World } from "./worlds.ts";

/** A command of a guide with what it printed, and what it was run with. */
export interface Shown {
  readonly world: string;
  /** What of the page its output shows. */
  readonly claims: readonly Claim[];
  readonly command: string;
  readonly printed: string;
}

/** Words of a sentence, or of a row of a table, and what of the output shows that they are true. */
interface Claim {
  readonly words: string;
  readonly phrase: string;
}

/**
 * Blocks `<!-- shown with: NAME -->` and ```` ```console ```` with one command each: `$ COMMAND`, lines of which may end in `\`.
 * In the comment may follow, a line each, what the block shows: `WORDS => PHRASE`.
 */
const BLOCK = /(<!-- shown with: (.+?)(?: -->|\n((?:.+ => .+\n)*)-->)\n\n```console\n\$ )((?:.*\\\n)*.*)\n([\s\S]*?)(^```)/gm;

export function findShown(page: string): Shown[] {
  return Array.from(page.matchAll(BLOCK), ([, , world = "", claims = "", command = "", printed = ""]) => ({
    world,
    claims: claims.split("\n").filter(Boolean).map(readClaim),
    command,
    printed,
  }));
}

function readClaim(line: string): Claim {
  const [words = "", phrase = ""] = line.split(" => ");
  return { words: plainText(words), phrase };
}

/** The page with what its commands print now. */
export async function showAnew(page: string): Promise<string> {
  const blocks = findShown(page);
  const printed: string[] = [];
  for (const { world, command } of blocks) printed.push(await run(world, command));
  let next = 0;
  return page.replace(
    BLOCK,
    (_, start: string, __: string, ___: string, command: string) => `${start}${command}\n${printed[next++]}\`\`\``,
  );
}

/** What a command of a guide prints, on stdout and stderr, with the guide's names. */
export async function run(worldName: string, command: string): Promise<string> {
  await using world = await startWorld(worldName);
  const main = resolve("src/cli/main.ts");
  const script = `goodgateway() { "${process.execPath}" "${main}" "$@"; }\n${withAddresses(command, world)}`;
  const { stdout } = await runCommand("bash", ["-c", `{ ${script}\n} 2>&1`]);
  const text = withNames(Buffer.from(stdout, "latin1").toString("utf8").replaceAll("\r\n", "\n"), world);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** A name with its port, or the name alone where the port is what its scheme means. */
function withAddresses(command: string, { names, paths }: World): string {
  const placed = Object.entries(paths).reduce((text, [path, real]) => text.replaceAll(path, real), command);
  return Object.entries(names).reduce((text, [name, { host, port }]) => {
    return text.replaceAll(name, `${host}:${port}`).replaceAll(withoutUsualPort(name), `${host}:${port}`);
  }, placed);
}

function withoutUsualPort(name: string): string {
  return name.replace(/:(?:80|443)$/, "");
}

function withNames(text: string, { names, paths }: World): string {
  const placed = Object.entries(paths).reduce((told, [path, real]) => told.replaceAll(real, path), text);
  const named = Object.entries(names).reduce((told, [name, { host, port }]) => {
    const ownPort = name.split(":")[1] ?? "80";
    return told
      .replaceAll(`${host}:${port}`, withoutUsualPort(name))
      .replaceAll(`${host} port ${port}`, name.replace(":", " port "))
      .replaceAll(`port ${port} of this machine`, `port ${ownPort} of this machine`)
      .replaceAll(`'sport = :${port}'`, `'sport = :${ownPort}'`);
  }, placed);
  return named
    .replace(/(?:^ {2}(?:ok|fault|cut) .*\n)+/gm, alignRows)
    .replace(/^( {2}client ── .*(?:hop 1|target|edge).*\n)( +\S.*)\n/gm, alignPicture);
}

/** Names are not as long as the addresses in whose place they stand: each begins below what it names. */
function alignPicture(_: string, way: string, under: string): string {
  const columns = Array.from(way.matchAll(/\b(?:hop \d+|target|edge|origin)\b/g), ({ index }) => index);
  const names = under.trim().split(/ {2,}/);
  return `${way}${names.reduce((line, name, i) => `${line.padEnd(columns[i] ?? 0)}${name}`, "")}\n`;
}

/** The same in the table of tests. */
function alignRows(rows: string): string {
  const cells = rows
    .trimEnd()
    .split("\n")
    .map((row) => /^( {2}\w+ +)(\S.*?) {2,}(.*)$/.exec(row) ?? [row, row, "", ""]);
  const width = Math.max(...cells.map(([, , route = ""]) => (route.length > ROUTE_CHARS_MAX ? 0 : route.length)));
  return cells.map(([, mark = "", route = "", came = ""]) => `${`${mark}${route.padEnd(width)}  ${came}`.trimEnd()}\n`).join("");
}

/** As the command's own table has it. */
const ROUTE_CHARS_MAX = 52;

/** Two runs are told alike: times, ids, ports, how wide that makes a picture, and which test came first are chance. */
export function withoutChance(printed: string): string {
  return printed
    .replace(/^ {2}(evidence|but|ok|fault|cut) .*\n(?: {13}\S.*\n| {15}\S.*\n)*/gm, "")
    .replace(/^ +rate .*\n/gm, "") // only what lasted longer than a second has one,
    .replace(/ to \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "") // and an end
    .replace(/\b1[0-9A-Z]{12}\b/g, "ID")
    .replace(/\d+(\.\d+)?/g, "#")
    .replace(/[ \u2500\u00b7]{2,}/g, " ");
}
