import { readFileSync } from "node:fs";

/** A page of docs/, for tests that try what it says. */
export class MarkdownPage {
  readonly text: string;

  /** `name` is relative to docs/. */
  constructor(name: string) {
    this.text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  }

  /** The rows of all tables with these headings, cell by cell, without the backticks around a whole cell. */
  tables(...headings: readonly string[]): string[][] {
    const wanted = headings.join("|");
    const rows: string[][] = [];
    let isWanted = false;
    for (const line of this.text.split("\n")) {
      if (!line.startsWith("|")) isWanted = false;
      else if (cells(line).join("|") === wanted) isWanted = true;
      else if (isWanted && !/^\|[\s|:-]+\|$/.test(line)) rows.push(cells(line));
    }
    return rows;
  }

  /** The insides of the fenced blocks in one language. */
  blocks(language: string): string[] {
    return [...this.text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);
  }
}

function cells(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf("|"))
    .split(/(?<!\\)\|/)
    .map((cell) =>
      cell
        .trim()
        .replaceAll("\\|", "|")
        .replace(/^`([^`]*)`$/, "$1"),
    );
}
