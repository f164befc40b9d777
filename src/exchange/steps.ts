/** Work that waits by yielding, as an async function does by awaiting. */
export type Steps<T> = Generator<Wait, T, unknown>;

/** What a step waits for. Of the two ways to go on one is taken, once: at once, or later. */
type Wait = (goOn: GoOn) => void;

interface GoOn {
  tell(value: unknown): void;
  fail(reason: unknown): void;
}

/** Who hears of the end of steps. */
interface StepsObserver<T> {
  onEnd(value: T): void;
  /** They threw. */
  onBug(bug: unknown): void;
}

/**
 * Runs steps to their end. Unlike an async function they go on within the call that tells what they wait for: an answer is on its way to
 * the client in the turn that its head came in, and no promise is made for it. Nothing is thrown.
 */
export function stepThrough<T>(steps: Steps<T>, observer: StepsObserver<T>): void {
  new Walk(steps, observer).tell(undefined);
}

/** Waits for a promise. */
export function* settled<T>(promise: Promise<T>): Steps<T> {
  return (yield (goOn) =>
    promise.then(
      (value) => goOn.tell(value),
      (reason) => goOn.fail(reason),
    )) as T;
}

class Walk<T> implements GoOn {
  readonly #steps: Steps<T>;
  readonly #observer: StepsObserver<T>;

  constructor(steps: Steps<T>, observer: StepsObserver<T>) {
    this.#steps = steps;
    this.#observer = observer;
  }

  tell(value: unknown): void {
    let result: IteratorResult<Wait, T>;
    try {
      result = this.#steps.next(value);
    } catch (bug) {
      this.#observer.onBug(bug);
      return;
    }
    this.#take(result);
  }

  fail(reason: unknown): void {
    let result: IteratorResult<Wait, T>;
    try {
      result = this.#steps.throw(reason);
    } catch (bug) {
      this.#observer.onBug(bug);
      return;
    }
    this.#take(result);
  }

  #take(result: IteratorResult<Wait, T>): void {
    if (result.done === true) {
      this.#observer.onEnd(result.value);
      return;
    }
    try {
      result.value(this);
    } catch (bug) {
      this.fail(bug);
    }
  }
}
