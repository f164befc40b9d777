import assert from "node:assert/strict";
import { test } from "node:test";
import { Meetings } from "../../src/blame/meetings.ts";
import { TrackTable } from "../../src/blame/track-table.ts";
import { Cell, Track } from "../../src/blame/tracks.ts";

/** Long enough for anybody to give way. */
const LATER = 10_000;

test("who gives way becomes who comes, and nothing that was known of it is left", () => {
  const left: string[] = [];
  const table = new TrackTable(2, (track) => left.push(track.key));
  const first = table.open("a", "kin a", 0);
  first.okAt = 5;
  first.seenAt = 5;
  first.habit.fail(1, "silence", 5);
  table.open("b", "kin b", 0);
  const third = table.open("c", "kin c", LATER);
  assert.equal(third, first);
  assert.deepEqual(third, Object.assign(new Track("c", "kin c", third.hash), { habit: third.habit }));
  assert.equal(third.habit.share(0.02, LATER), 0.02);
  assert.deepEqual([left, table.size, table.get("a"), table.get("c") === third], [["a"], 2, undefined, true]);
});

test("one over whom something failed that others remember is never made another", () => {
  const table = new TrackTable(1, () => {});
  const told = table.open("a", "", 0);
  told.isTold = true;
  assert.notEqual(table.open("b", "", LATER), told);
  assert.equal(told.key, "a");
});

test("a pair that takes the place of another begins anew", () => {
  const meetings = new Meetings();
  const [exit, target] = [meetings.exit("a", "kin", 0), meetings.target("t", 0)];
  const cell = meetings.join(exit, target, 0) as Cell;
  cell.asExit.see(1, 1);
  cell.refusals = 3;
  cell.manner = "silence";
  cell.leftToTarget.at = 1;
  meetings.forget(exit);
  assert.deepEqual([exit.cells, target.cells], [[], []]);
  const [other, another] = [meetings.exit("b", "kin", 1), meetings.target("u", 1)];
  const next = meetings.join(other, another, 1);
  assert.equal(next, cell);
  assert.deepEqual(next, Object.assign(new Cell(other, another), { exitPlace: 0, targetPlace: 0 }));
});
