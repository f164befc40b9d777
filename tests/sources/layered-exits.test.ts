import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "../../src/core/route.ts";
import { ApiExits } from "../../src/sources/api-exits.ts";
import { ExitsInForce } from "../../src/sources/exits-in-force.ts";
import { LayeredExits } from "../../src/sources/layered-exits.ts";
import { ExitList } from "../../src/wire/exit-list.ts";
import { allOf, runSteps } from "./lists.ts";

function listOf(text: string): ExitList {
  const list = new ExitList();
  list.read(text, { scheme: "http", tags: {}, where: { file: "list", line: 1 }, env: null });
  return list;
}

/** The list with these lines added over the API. */
function layered(list: ExitList, added: string): LayeredExits {
  const api = new ApiExits();
  for (const exit of listOf(added).exits) api.put(exit, list);
  assert.deepEqual(runSteps(api.renewing(list)), []);
  const exits = new LayeredExits(list);
  runSteps(exits.adding(api.exits));
  return exits;
}

function told({ id, hops: [hop], tags, weight }: Exit): string {
  return [id, `${hop?.host}:${hop?.port}`, hop?.password ?? "", JSON.stringify(tags), weight].join(" ");
}

test("added exits stand in the place of those of the list with their route, the others behind it", () => {
  const list = listOf("a:80 id=a country=de\nb:80:u:old id=b country=de\nc:80 id=c\n");
  const exits = layered(list, "d:80 id=d country=fr weight=3\nb:80:u:new tier=x\n");
  assert.deepEqual(allOf(exits).map(told), [
    'a a:80  {"country":"de"} 1',
    'b b:80 new {"country":"de","tier":"x"} 1',
    "c c:80  {} 1",
    'd d:80  {"country":"fr"} 3',
  ]);
});

test("each row has the key of its exit and the kind of its tags and weight", () => {
  const list = listOf("0:80\na:80 id=a country=de\nb:80 country=de\n10.0.0.1:80\n");
  const exits = layered(list, "b:80 id=Named weight=2\ne:80 country=de\n10.0.0.2:80\n");
  const same = listOf(allOf(exits).map(lineOf).join("\n"));
  assert.equal(exits.size, same.size);
  for (let row = 0; row < exits.size; row++) {
    const { tags, weight, rotating } = exits.at(row);
    assert.deepEqual(exits.kinds[exits.kindOf(row)], { tags, weight, rotating });
    assert.equal(exits.keyOf(row), same.keyOf(row));
  }
});

function lineOf({ id, hops: [hop], tags, weight }: Exit): string {
  return [
    `${hop?.host}:${hop?.port}`,
    `id=${id}`,
    `weight=${weight}`,
    ...Object.entries(tags).map(([name, value]) => `${name}=${value}`),
  ].join(" ");
}

test("thousands of added exits are placed, put in and layered step by step", async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`).join("\n");
  const changes: [put: number, gone: number][] = [];
  await using force = new ExitsInForce({
    env: {},
    random: () => 0,
    report: () => {},
    *load() {
      yield;
      return { added: 0, removed: 0, kept: 0 };
    },
    change: (put, gone) => changes.push([put.length, gone.length]),
  });
  await force.take(await force.read([{ kind: "inline", exits: listOf("a:80 id=a").exits }]));
  const { added } = await force.add(lines, "http");
  assert.equal(added.length, 3000);
  assert.equal(
    changes.reduce((sum, [put]) => sum + put, 0),
    3000,
  );
  assert.ok(Math.max(...changes.map(([put]) => put)) <= 250);
  const [list, api] = [listOf("a:80"), new ApiExits()];
  for (const exit of listOf(lines).exits) api.put(exit, list);
  assert.ok(stepsOf(api.renewing(list)) >= 12);
  assert.ok(stepsOf(new LayeredExits(list).adding(api.exits)) >= 12);
});

function stepsOf(steps: Generator<void, unknown>): number {
  return Array.from(steps).length;
}
