import { type Peer, type PeerOptions, startPeer } from "./start-peer.ts";

export interface MicrosocksOptions extends PeerOptions {
  /** The only user it takes; without one, everybody may. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** microsocks: a small SOCKS5 server that knows CONNECT, with and without a password. */
export function startMicrosocks({ user, ...options }: MicrosocksOptions = {}): Promise<Peer> {
  const account = user === undefined ? [] : ["-u", user.name, "-P", user.password];
  const prepare = async ({ port }: { port: number }) => ["-i", "127.0.0.1", "-p", String(port), ...account];
  return startPeer({ program: "microsocks", prepare }, options);
}
