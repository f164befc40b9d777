import type { HostPort } from "./address.ts";

/** The part a hop plays on a route; culprit and retry class of a fault depend on it. */
export type HopRole = "exit" | "backend" | "target";

export const EXIT_SCHEMES = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"] as const;
export type ExitScheme = (typeof EXIT_SCHEMES)[number];

/** One proxy of an exit. A chain has several, nearest to us first. */
export interface ExitHop extends HostPort {
  readonly scheme: ExitScheme;
  /** Raw, never percent-encoded; null where the exit needs none. */
  readonly username: string | null;
  readonly password: string | null;
  /** Do not verify the certificate of an `https` exit. */
  readonly insecure: boolean;
}

/** An exit of the pool: one proxy, or a chain of them. */
export interface Exit {
  /** The `id=` tag, else eight hex digits of the URL without the secret in its password. */
  readonly id: string;
  /** At least one hop. */
  readonly hops: readonly ExitHop[];
  readonly tags: Readonly<Record<string, string>>;
  /** One line that stands for a vendor's pool: a new connection is a new exit. */
  readonly rotating: boolean;
  /** Relative share of traffic; 1 unless tagged. */
  readonly weight: number;
}

/** What a request is for. `tcp` is a tunnel (CONNECT, SOCKS), whose bytes are the client's own. */
export interface Target extends HostPort {
  readonly scheme: "http" | "https" | "tcp";
}

/** The hops of one attempt: an exit, or null for a direct connection, and the target. */
export interface Route {
  readonly exit: Exit | null;
  readonly target: Target;
}
