// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as lists have them
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIST_FORMATS } from "../../src/core/list-format.ts";
import { EXIT_SCHEMES, type ExitHop } from "../../src/core/route.ts";
import { type ExitLineOptions, parseExitLine } from "../../src/wire/exit-line.ts";
import { parseExitList } from "../../src/wire/exit-list.ts";
import { readParams } from "../../src/wire/user-params.ts";
import { MarkdownPage } from "./markdown-page.ts";

const page = new MarkdownPage("exit-lists.md");
const options: ExitLineOptions = { scheme: "http", tags: {}, where: { file: "exits.txt", line: 1 }, env: { EXIT_PASSWORD: "p:@, #" } };

function firstHop(line: string): ExitHop {
  const parsed = parseExitLine(line, options);
  assert.ok("exit" in parsed, `${line}: ${JSON.stringify(parsed)}`);
  return parsed.exit.hops[0] as ExitHop;
}

test("docs/exit-lists.md shows each form of a line as it is read", () => {
  const rows = page.tables("line", "scheme", "host", "port", "user", "password");
  assert.ok(rows.length >= 20, `only ${rows.length} lines`);
  for (const [line = "", ...expected] of rows) {
    const { scheme, host, port, username, password } = firstHop(line);
    assert.deepEqual([scheme, host, String(port), username ?? "", password ?? ""], expected, line);
  }
});

test("docs/exit-lists.md shows what is refused, where, and why", () => {
  const rows = page.tables("line", "column", "reason");
  assert.ok(rows.length >= 12, `only ${rows.length} lines`);
  for (const [line = "", column, reason] of rows) {
    const parsed = parseExitLine(line, options);
    assert.ok("error" in parsed, line);
    assert.deepEqual([String(parsed.error.column), parsed.error.reason], [column, reason], line);
  }
});

test("docs/exit-lists.md shows lists of which every line is an exit", () => {
  const counts = page.blocks("exits").map((block) => {
    const { exits, errors } = parseExitList(block, options);
    assert.deepEqual(errors, []);
    return exits.length;
  });
  assert.deepEqual(counts, [5, 2, 2]);
});

test("docs/exit-lists.md names every scheme with its port", () => {
  const rows = page.text.match(/^\| `(\w+)` \| (\d+) \|/gm) ?? [];
  assert.deepEqual(
    rows,
    EXIT_SCHEMES.map((scheme) => `| \`${scheme}\` | ${firstHop(`${scheme}://192.0.2.10`).port} |`),
  );
});

test("docs/exit-lists.md shows tags as they are read, and names those that clients can ask for", () => {
  const tags = page.tables("tag", "meaning").map(([tag]) => tag);
  const parsed = parseExitLine(`gate:1 ${tags.join(" ")}`, options);
  assert.ok("exit" in parsed, JSON.stringify(parsed));
  const { id, weight, rotating, tags: others } = parsed.exit;
  assert.deepEqual(
    { id, weight, rotating, others },
    { id: "de-7", weight: 2, rotating: true, others: { concurrent: "5", country: "de", price: "8", anything: "else" } },
  );

  const [, named = ""] = /user-name-parameters\.md\): (.*?)\. Several/.exec(page.text) ?? [];
  const asked = [...named.matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
  assert.equal(asked.length, 6);
  for (const name of asked) {
    const params = readParams(`${name}-x`);
    assert.deepEqual("error" in params ? params : params.filter.tags, { [name]: ["x"] });
  }
});

test("docs/exit-lists.md names every format of other programs", () => {
  const named = page.tables("format", "known by", "what is read").map(([format]) => format);
  assert.deepEqual(["auto", "lines", ...named], [...LIST_FORMATS]);
});
