import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { shrinkBufferPool } from "../buffer-pool.ts";
import type { JudgeAddress } from "./judged.ts";
import { startLocalJudge } from "./local-judge.ts";
import { createSharedKey } from "./signature.ts";

/** A judge that runs beside the checks. */
export interface JudgeThread extends AsyncDisposable {
  readonly address: JudgeAddress;
}

/**
 * A judge on loopback in a thread of its own. Node accepts one connection in each turn of an event loop: a judge that shared the loop of
 * thousands of checks would leave most of them waiting, so that good proxies looked silent.
 */
export async function startJudgeThread(): Promise<JudgeThread> {
  const key = createSharedKey();
  const thread = new Worker(new URL(import.meta.url), {
    workerData: { role: ROLE, key } satisfies Given,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
  });
  const [address] = (await firstMessage(thread)) as [Told];
  return {
    address: { ...address, url: new URL(address.url), key },
    [Symbol.asyncDispose]: async () => {
      await thread.terminate();
    },
  };
}

/** A machine that is this busy can check nothing either. */
const START_MS_MAX = 30_000;

async function firstMessage(thread: Worker): Promise<unknown[]> {
  const signal = AbortSignal.timeout(START_MS_MAX);
  try {
    return await once(thread, "message", { signal });
  } catch (error) {
    await thread.terminate();
    throw signal.aborted ? new Error(`the judge of this process did not start within ${START_MS_MAX / 1000} s`) : error;
  }
}

/** What threads can send each other of an address. */
type Told = Omit<JudgeAddress, "url" | "key"> & { readonly url: string };

/** What the thread is started with. */
interface Given {
  readonly role: typeof ROLE;
  /** Shared. */
  readonly key: KeyObject;
}

const ROLE = "goodgateway-judge";
/** What is made for one answer is garbage at once; with less room than this the thread would stop for a collection too often. */
const YOUNG_MIB_MAX = 12;

/** This same module, as the thread runs it. */
async function serve(): Promise<void> {
  shrinkBufferPool();
  const { address } = await startLocalJudge((workerData as Given).key);
  const told: Told = { ...address, url: address.url.href };
  parentPort?.postMessage(told);
}

if (!isMainThread && (workerData as Partial<Given> | null)?.role === ROLE) await serve();
