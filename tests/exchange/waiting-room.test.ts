import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Clock } from "../../src/core/clock.ts";
import { fault } from "../../src/core/fault.ts";
import type { Engagement } from "../../src/exchange/exchange.ts";
import { type Guest, type Waited, WaitingRoom } from "../../src/exchange/waiting-room.ts";
import { Deadlines } from "../../src/net/deadlines.ts";

const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
const NEVER = Number.POSITIVE_INFINITY;
const FULL = { limited: { retryInMs: NEVER, limit: "perExit.concurrent 1" }, backInMs: NEVER };
const PACING = { ...DEFAULTS.pacing, queue: 10, wait: 20_000 };

/** A room in front of so many turns, which are taken by whoever looks first. */
class Turns implements Disposable {
  readonly deadlines = new Deadlines(clock);
  readonly room: WaitingRoom = new WaitingRoom(clock, this.deadlines);
  readonly engaged: (Engagement | null)[] = [];
  /** Whose looks there were. */
  readonly looks: string[] = [];
  left = 0;

  enter(name: string, key = "same", pacing = PACING): Waited<string> | Promise<Waited<string>> {
    const guest: Guest<string> = {
      key,
      deadline: NEVER,
      look: () => {
        this.looks.push(name);
        if (this.left === 0) return FULL;
        this.left -= 1;
        return { found: name };
      },
    };
    return this.room.enter(guest, pacing, (engagement) => this.engaged.push(engagement));
  }

  give(count: number): void {
    this.left += count;
    this.room.look();
  }

  [Symbol.dispose](): void {
    this.room.clear();
    this.deadlines.clear();
  }
}

test("who finds a turn at once does not wait", () => {
  using turns = new Turns();
  turns.left = 1;
  assert.deepEqual(turns.enter("a"), { found: "a" });
  assert.equal(turns.room.size, 0);
});

test("turns go to those who came first, and a newcomer does not overtake", async () => {
  using turns = new Turns();
  const [a, b] = [turns.enter("a"), turns.enter("b")];
  turns.left = 1;
  const c = turns.enter("c");
  assert.deepEqual(await a, { found: "a" });
  assert.equal(turns.room.size, 2);
  turns.give(2);
  assert.deepEqual(await b, { found: "b" });
  assert.deepEqual(await c, { found: "c" });
  assert.equal(turns.room.size, 0);
});

test("only the first of those who want the same is asked", () => {
  using turns = new Turns();
  for (const name of ["a", "b", "c"]) void turns.enter(name, "x");
  void turns.enter("d", "y");
  turns.looks.length = 0;
  turns.room.look();
  assert.deepEqual(turns.looks, ["a", "d"]);
});

test("a client that leaves gives up its place, and nothing is found for it", async () => {
  using turns = new Turns();
  const waiting = turns.enter("a");
  const next = turns.enter("b");
  turns.engaged[0]?.onClientFault(fault("client.closed_waiting", "left"));
  assert.deepEqual(await waiting, { left: true });
  assert.equal(turns.engaged.filter((engagement) => engagement === null).length, 1);
  turns.give(1);
  assert.deepEqual(await next, { found: "b" });
});

test("beyond the queue, and beyond the wait, it is a fault that names the limit", async () => {
  using turns = new Turns();
  const waiting = turns.enter("a", "x", { ...PACING, queue: 1, wait: 30 });
  const full = await turns.enter("b", "x", { ...PACING, queue: 1 });
  assert.ok("fault" in full);
  assert.equal(full.fault.id, "gateway.upstream_limit");
  assert.match(full.fault.details, /^perExit\.concurrent 1 .* 1 exchanges wait already/);
  const late = await waiting;
  assert.ok("fault" in late);
  assert.match(late.fault.details, /was reached for the \d+ ms/);
  assert.equal(late.fault.retryAfterMs, 1000);
  assert.equal(turns.room.size, 0);
});

test("who waits at a limit is looked after when another way is back, also where its turn would come too late", async () => {
  for (const retryInMs of [NEVER, 60_000]) {
    using turns = new Turns();
    const backAt = clock.now() + 20;
    const guest: Guest<string> = {
      key: "other way",
      deadline: NEVER,
      look: () => {
        const backInMs = backAt - clock.now();
        return backInMs > 0 ? { limited: { retryInMs, limit: "perExit.concurrent 1" }, backInMs } : { found: "another way" };
      },
    };
    assert.deepEqual(await turns.room.enter(guest, PACING, () => {}), { found: "another way" });
  }
});

test("who waits for a rate is looked after when it is due, without anybody's help", async () => {
  using turns = new Turns();
  const dueAt = clock.now() + 20;
  const guest: Guest<string> = {
    key: "rate",
    deadline: NEVER,
    look: () => {
      const retryInMs = dueAt - clock.now();
      return retryInMs > 0 ? { limited: { retryInMs, limit: "perTarget.perSecond 50" }, backInMs: NEVER } : { found: "turn" };
    },
  };
  assert.deepEqual(await turns.room.enter(guest, PACING, () => {}), { found: "turn" });
});
