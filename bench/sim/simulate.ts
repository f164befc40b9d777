import { DEFAULTS } from "../../src/config/defaults.ts";
import type { Clock } from "../../src/core/clock.ts";
import { stageOf } from "../../src/core/fault-table.ts";
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
  const isOnly = scenario.exits === 1;
  let requests = 0;
  let tries = 0;
  const arrive = () => {
    if (queue.now >= scenario.seconds * 1000) return;
    serve({ number: requests++, target: draw(random), began: queue.now, tried: new Set(), tries: 0, reached: 0 });
    queue.add(heavyTailed(1000 / scenario.perSecond, random), arrive);
  };
  const serve = (request: Request) => {
    const attempt = { number: tries++, request: request.number, target: request.target, tried: isOnly ? NONE : request.tried };
    const exit = policy.take(attempt);
    if (exit === null) return end(request, false);
    tally.tried(exit, request.target, queue.now);
    const tried = world.attempt(exit, request.target, queue.now);
    queue.add(tried.ms, () => {
      request.tried.add(exit);
      request.tries++;
      policy.settle(attempt, exit, tried);
      if (tried.ok) return end(request, true);
      if (stageOf(tried.failure.fault) !== "connect") request.reached++;
      if (isSpent(request, queue.now)) end(request, false);
      else serve(request);
    });
  };
  const end = (request: Request, ok: boolean) => {
    policy.ended?.(request.number);
    tally.ended(request.target, ok, request.began);
  };
  arrive();
  while (queue.next()) {}
  return { policy, tally };
}

/** As the gateway's attempts are bounded, for all policies alike. */
function isSpent({ reached, tried, tries, began }: Request, now: number): boolean {
  const { attempts, timeouts } = DEFAULTS;
  return reached >= attempts.max || tries >= attempts.exits || tries >= TRIES_OF_ONE * tried.size || now - began > timeouts.total;
}

const NONE: ReadonlySet<number> = new Set();
/** A lone exit is tried once more, as the gateway does. */
const TRIES_OF_ONE = 2;

export interface Played<P extends Policy> {
  readonly policy: P;
  readonly tally: Tally;
}

interface Request {
  readonly number: number;
  readonly target: number;
  /** Milliseconds of the simulated time. */
  readonly began: number;
  readonly tried: Set<number>;
  tries: number;
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
