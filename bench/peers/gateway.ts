import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../../tests/real/peers/free-port.ts";
import type { Place } from "../../tests/real/peers/start-peer.ts";
import { PROXY_CPU } from "../cores.ts";
import { type NodePeer, startNode } from "./start-node.ts";

export interface GatewayOptions {
  /** Lines of an exit list; none: it goes direct. */
  readonly exits?: readonly string[];
  /** More lines of goodgateway.yaml. */
  readonly config?: readonly string[];
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Starts the gateway as a user does, on the proxy's core, with its admin listener and its log on. */
export function startGateway(options: GatewayOptions = {}): Promise<NodePeer> {
  const prepare = async (place: Place) => {
    const file = join(place.directory, "goodgateway.yaml");
    await writeFile(file, await configuration(place, options));
    return [MAIN, "serve", "--config", file];
  };
  return startNode(prepare, { cpu: PROXY_CPU });
}

async function configuration({ port, directory }: Place, { exits = [], config = [] }: GatewayOptions): Promise<string> {
  const list = join(directory, "exits.txt");
  await writeFile(list, `${exits.join("\n")}\n`);
  const way = exits.length === 0 ? "direct: only" : `exits: [{ file: ${list} }]`;
  return [`listen: 127.0.0.1:${port}`, `admin: 127.0.0.1:${await findFreePort()}`, way, ...config, ""].join("\n");
}
