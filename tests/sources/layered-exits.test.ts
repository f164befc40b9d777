import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exit } from "../../src/core/route.ts";
import { ApiExits } from "../../src/sources/api-exits.ts";
import { LayeredExits } from "../../src/sources/layered-exits.ts";
import { ExitList } from "../../src/wire/exit-list.ts";
import { allOf } from "./lists.ts";

function listOf(text: string): ExitList {
  const list = new ExitList();
  list.read(text, { scheme: "http", tags: {}, where: { file: "list", line: 1 }, env: null });
  return list;
}

/** The list with these lines added over the API. */
function layered(list: ExitList, added: string): LayeredExits {
  const api = new ApiExits();
  for (const exit of listOf(added).exits) api.put(exit, list);
  assert.deepEqual(api.renew(list), []);
  return new LayeredExits(list, api.exits);
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
