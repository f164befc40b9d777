import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "../../src/core/fault-table.ts";
import { LIARS, ZOO } from "../../src/lab/zoo/zoo.ts";
import { parseExitLine } from "../../src/wire/exit-line.ts";

const ALL = Object.values(ZOO).flat();

test("the zoo has many proxies, and no two of a title", () => {
  assert.ok(ALL.length > 150, `only ${ALL.length}`);
  const titles = ALL.map(({ title }) => title);
  assert.deepEqual(
    titles.filter((title, i) => titles.indexOf(title) !== i),
    [],
  );
});

test("every lie is told by one of the zoo, and expected of it", () => {
  const lies = Object.keys(FAULTS).filter((id) => id.startsWith("honesty."));
  assert.deepEqual(Object.keys(LIARS).sort(), lies.sort());
  for (const [lie, liars] of Object.entries(LIARS)) {
    for (const { title, expected } of liars) {
      assert.equal(expected.state, "lies", title);
      const named: readonly string[] = [...(expected.lies ?? []), ...(expected.fault ?? [])];
      assert.ok(named.includes(lie), title);
    }
  }
});

test("every proxy of the zoo starts, stops, and has a line that an exit list may have", async () => {
  for (const { title, start, line } of ALL) {
    await using server = await start();
    const parsed = parseExitLine(line(server), { scheme: "http", tags: {}, where: { file: "zoo", line: 1 }, env: null });
    assert.ok("exit" in parsed, title);
    const [hop] = parsed.exit.hops;
    assert.deepEqual([hop?.host, hop?.port], [server.host, server.port], title);
  }
});
