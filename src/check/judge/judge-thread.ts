import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { JudgeAddress } from "./judged.ts";
import { startLocalJudge } from "./local-judge.ts";
import { formatJudgeKey, parseJudgeKey } from "./signature.ts";

/** A judge that runs beside the checks. */
export interface JudgeThread extends AsyncDisposable {
  readonly address: JudgeAddress;
}

/**
 * A judge on loopback in a thread of its own. Node accepts one connection in each turn of an event loop: a judge that shared the loop of
 * thousands of checks would leave most of them waiting, so that good proxies looked silent.
 */
export async function startJudgeThread(): Promise<JudgeThread> {
  const thread = new Worker(new URL(import.meta.url), { workerData: ROLE, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB_MAX } });
  const [address] = (await firstMessage(thread)) as [Told];
  const key = parseJudgeKey(address.key);
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
type Told = Omit<JudgeAddress, "url" | "key"> & { readonly url: string; readonly key: string };

const ROLE = "goodgateway-judge";
/** What is made for one answer is garbage at once. */
const YOUNG_MIB_MAX = 8;

/** This same module, as the thread runs it. */
async function serve(): Promise<void> {
  const { judge, address } = await startLocalJudge();
  const told: Told = { ...address, url: address.url.href, key: formatJudgeKey(judge.key) };
  parentPort?.postMessage(told);
}

if (!isMainThread && workerData === ROLE) await serve();
