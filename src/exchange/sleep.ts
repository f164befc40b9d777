import type { Exchange } from "./exchange.ts";

/** Waits, or less if the client goes meanwhile. */
export function sleep(ms: number, exchange: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    exchange.engagement = { onClientFault: done, onClientRoom() {} };
    function done(): void {
      clearTimeout(timer);
      exchange.engagement = null;
      resolve();
    }
  });
}
