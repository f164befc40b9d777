import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const pages = globSync(["*.md", "docs/**/*.md"]).sort();
const texts = new Map(pages.map((path) => [path, readFileSync(path, "utf8").replace(/^```[\s\S]*?^```$/gm, "")]));

/** As GitHub makes anchors of headings; explicit ones count too. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6} +(.*)$/gm)].map(([, heading = ""]) => slug(heading));
  const explicit = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = ""]) => name);
  return new Set([...headings, ...explicit]);
}

function slug(heading: string): string {
  const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
}

test("every link of the docs to another page, file or heading leads there", () => {
  assert.ok(pages.length >= 20, `only ${pages.length} pages`);
  let links = 0;
  const broken = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/.test(link)) return [];
      links++;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      if (!existsSync(target)) return [`${path}: ${link}`];
      const heading = anchor === undefined || anchorsOf(texts.get(target) ?? "").has(anchor);
      return heading ? [] : [`${path}: ${link}, which has no such heading`];
    }),
  );
  assert.ok(links >= 100, `only ${links} links`);
  assert.deepEqual(broken, []);
});
