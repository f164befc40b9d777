import { DOWN, SHOP } from "./world.ts";

/** One request of the workload, and the size of the body that a right answer has. */
export interface DemoRequest {
  readonly url: URL;
  readonly bytes: number;
}

/** How a request ended for whoever sent it: null, or why it counts as failed. */
export type Failure = string | null;

/** A mix of HTTP and HTTPS; every 25th goes to the site that is down. */
export function planWorkload(count: number): readonly DemoRequest[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = 100 + index;
    const host = index % 25 === 24 ? DOWN : SHOP;
    return { url: new URL(`${index % 2 === 0 ? "http" : "https"}://${host}/bytes/${bytes}`), bytes };
  });
}

/** What came of a workload. */
export interface Tally {
  readonly failures: readonly { readonly request: DemoRequest; readonly why: string }[];
  readonly ms: number;
}

const AT_ONCE = 8;

/** Sends all requests, some at once, each with its number; `tick` is called as each ends. */
export async function sendAll(
  requests: readonly DemoRequest[],
  send: (request: DemoRequest, index: number) => Promise<Failure>,
  tick: () => void,
): Promise<Tally> {
  const startedAt = performance.now();
  const failures: { request: DemoRequest; why: string }[] = [];
  const queue = requests.entries();
  const work = async () => {
    for (const [index, request] of queue) {
      const why = await send(request, index);
      if (why !== null) failures.push({ request, why });
      tick();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { failures, ms: performance.now() - startedAt };
}
