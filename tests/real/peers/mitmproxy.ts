import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Peer, type PeerOptions, startPeer } from "./start-peer.ts";

export interface MitmproxyOptions extends PeerOptions {
  /** Its protocol. */
  readonly mode?: "regular" | "socks5";
  /** More options of its own: `anticache=true`. */
  readonly set?: readonly string[];
  /** Python of an addon. */
  readonly addon?: string;
}

/** mitmproxy without a screen: opens what is encrypted, under an authority that it makes at its start. */
export function startMitmproxy({ mode = "regular", set = [], addon, ...options }: MitmproxyOptions = {}): Promise<Peer> {
  const prepare = async ({ port, directory }: { port: number; directory: string }) => {
    const script = join(directory, "addon.py");
    if (addon !== undefined) await writeFile(script, addon);
    const settings = [`confdir=${join(directory, "conf")}`, "ssl_insecure=true", ...set];
    const address = ["--mode", mode, "--listen-host", "127.0.0.1", "--listen-port", String(port)];
    return ["--quiet", ...address, ...settings.flatMap((setting) => ["--set", setting]), ...(addon === undefined ? [] : ["-s", script])];
  };
  return startPeer({ program: "mitmdump", prepare, stopSignal: "SIGTERM" }, options);
}
