import assert from "node:assert/strict";
import { test } from "node:test";
import { type Steps, settled, stepThrough } from "../../src/exchange/steps.ts";

interface Seen {
  ends: unknown[];
  bugs: unknown[];
}

function observe(): Seen & { onEnd(value: unknown): void; onBug(bug: unknown): void } {
  const seen: Seen = { ends: [], bugs: [] };
  return { ...seen, onEnd: (value) => seen.ends.push(value), onBug: (bug) => seen.bugs.push(bug) };
}

test("steps go on within the call that tells what they wait for", () => {
  const seen = observe();
  let tell: (value: unknown) => void = () => {};
  function* twice(): Steps<string> {
    const first = yield (goOn) => goOn.tell("at once");
    const second = yield (goOn) => {
      tell = (value) => goOn.tell(value);
    };
    return `${first}, ${second}`;
  }
  stepThrough(twice(), seen);
  assert.deepEqual(seen.ends, []);
  tell("later");
  assert.deepEqual([seen.ends, seen.bugs], [["at once, later"], []]);
});

test("a promise that is waited for gives its value, or throws its reason where it is waited for", async () => {
  const reason = new Error("no");
  function* waiting(): Steps<unknown[]> {
    const value = yield* settled(Promise.resolve(1));
    try {
      yield* settled(Promise.reject(reason));
    } catch (thrown) {
      return [value, thrown];
    }
    return [];
  }
  const end = await new Promise((onEnd, onBug) => stepThrough(waiting(), { onEnd, onBug }));
  assert.deepEqual(end, [1, reason]);
});

test("what a wait throws before it begins is thrown where the steps wait, and what they throw is a bug", () => {
  const seen = observe();
  const bug = new Error("bug");
  let cleanedUp = false;
  function* failing(): Steps<never> {
    try {
      yield () => {
        throw bug;
      };
    } finally {
      cleanedUp = true;
    }
    throw new Error("not reached");
  }
  stepThrough(failing(), seen);
  assert.ok(cleanedUp);
  assert.deepEqual([seen.ends, seen.bugs], [[], [bug]]);
});
