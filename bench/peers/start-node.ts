import { fileURLToPath } from "node:url";
import { type Peer, type PeerOptions, type Place, startPeer } from "../../tests/real/peers/start-peer.ts";
import { readHeap } from "./heap-probe.ts";

/** A Node process whose heap can be read. */
export interface NodePeer extends Peer {
  /** Bytes of JavaScript heap in use, after full collections. */
  heapBytes(): Promise<number>;
}

const PROBE = fileURLToPath(new URL("heap-probe.ts", import.meta.url));

/** Starts a script in this Node; `prepare` returns its path and its arguments. */
export async function startNode(prepare: (place: Place) => Promise<readonly string[]>, options: PeerOptions): Promise<NodePeer> {
  const prepareNode = async (place: Place) => ["--expose-gc", "--import", PROBE, ...(await prepare(place))];
  const peer = await startPeer({ program: process.execPath, prepare: prepareNode }, options);
  return { ...peer, heapBytes: () => readHeap(peer.pid) };
}

/** Starts a module of the benchmark (`peers/raw-forwarder.ts`) whose only argument is its port. */
export function startModule(module: string, options: PeerOptions): Promise<NodePeer> {
  const path = fileURLToPath(new URL(`../${module}`, import.meta.url));
  return startNode(async ({ port }) => [path, String(port)], options);
}
