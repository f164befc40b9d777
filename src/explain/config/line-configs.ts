import type { Setting } from "./setting.ts";

const HAPROXY_SECTIONS = [
  "global",
  "defaults",
  "frontend",
  "backend",
  "listen",
  "peers",
  "resolvers",
  "userlist",
  "program",
  "ring",
  "cache",
];

/** Parses an HAProxy config: sections whose lines follow them, `#` comments, quotes. Lines before any section are settings of their own. */
export function parseHaproxy(file: string, text: string): readonly Setting[] {
  const settings: Setting[] = [];
  let inner: Setting[] | null = null;
  for (const setting of lines(file, text)) {
    if (HAPROXY_SECTIONS.includes(setting.name)) {
      inner = [];
      settings.push({ ...setting, inner });
    } else (inner ?? settings).push(setting);
  }
  return settings;
}

/** Parses a Squid config: one directive a line, `#` comments. */
export function parseSquid(file: string, text: string): readonly Setting[] {
  return lines(file, text);
}

function lines(file: string, text: string): Setting[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [name, ...args] = wordsOf(line);
    return name === undefined ? [] : [{ where: { file, line: index + 1 }, name: name.toLowerCase(), args, inner: [] }];
  });
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [whole, double, single, plain] of line.matchAll(/#.*|"((?:\\.|[^"\\])*)"|'([^']*)'|((?:\\.|[^\s"'#\\])+)/g)) {
    if (!whole.startsWith("#")) words.push(double ?? single ?? plain ?? "");
  }
  return words;
}
