import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Policy, PolicyContext } from "./policies.ts";
import { heavyTailed, popularity, seeded } from "./random.ts";
import type { Scenario } from "./scenarios.ts";
import { Tally } from "./tally.ts";
import { World } from "./world.ts";

/** The scenario, played for one policy. The same seed brings every policy the same requests, exits and laws. */
export function simulate<P extends Policy>(scenario: Scenario, makePolicy: (context: PolicyContext) => P, seed: number): Played<P> {
  const queue = new Queue();
  const clock: Clock = { now: () => queue.now, wall: () => queue.now };
  const world = new World(scenario, seed);
  const policy = makePolicy({ world, clock, random: seeded(seed + 1) });
  const tally = new Tally(scenario, world);
  const random = seeded(seed + 2);
  const draw = popularity(scenario.targets);
  const arrive = () => {
    if (queue.now >= scenario.seconds * 1000) return;
    serve({ target: draw(random), began: queue.now, tried: new Set(), reached: 0 });
    queue.add(heavyTailed(1000 / scenario.perSecond, random), arrive);
  };
  const serve = (request: Request) => {
    const exit = policy.take(request.target, request.tried);
    if (exit === null) return tally.ended(request.target, false, request.began);
    request.tried.add(exit);
    tally.tried(exit, request.target, queue.now);
    const tried = world.attempt(exit, request.target, queue.now);
    queue.add(tried.ms, () => {
      policy.settle(exit, request.target, tried);
      if (tried.ok) return tally.ended(request.target, true, request.began);
      tally.failed(tried.truth);
      if (tried.failure.fault.id.split(".")[0] !== "connect") request.reached++;
      const isSpent = request.reached >= attempts.max || request.tried.size >= attempts.exits || queue.now - request.began > timeouts.total;
      if (isSpent) tally.ended(request.target, false, request.began);
      else serve(request);
    });
  };
  arrive();
  while (queue.next()) {}
  return { policy, tally };
}

const { attempts, timeouts } = DEFAULTS;

export interface Played<P extends Policy> {
  readonly policy: P;
  readonly tally: Tally;
}

interface Request {
  readonly target: number;
  /** Milliseconds of the simulated time. */
  readonly began: number;
  readonly tried: Set<number>;
  /** Attempts that may have reached the target. */
  reached: number;
}

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** The virtual clock: what is due next happens next (a binary heap). */
class Queue {
  now = 0;
  readonly #heap: Due[] = [];

  add(afterMs: number, run: () => void): void {
    const heap = this.#heap;
    let place = heap.push({ at: this.now + afterMs, run }) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] as Due).at <= (heap[place] as Due).at) return;
      swap(heap, place, parent);
      place = parent;
    }
  }

  next(): boolean {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined) return false;
    const last = heap.pop() as Due;
    if (heap.length > 0) {
      heap[0] = last;
      sink(heap);
    }
    this.now = first.at;
    first.run();
    return true;
  }
}

function sink(heap: Due[]): void {
  for (let place = 0; ; ) {
    let least = place;
    for (const child of [2 * place + 1, 2 * place + 2]) {
      if (child < heap.length && (heap[child] as Due).at < (heap[least] as Due).at) least = child;
    }
    if (least === place) return;
    swap(heap, place, least);
    place = least;
  }
}

function swap(heap: Due[], a: number, b: number): void {
  const kept = heap[a] as Due;
  heap[a] = heap[b] as Due;
  heap[b] = kept;
}
