import type { HostPort } from "../../../src/core/address.ts";
import type { Program } from "../../real/peers/programs.ts";

/** Who serves under a name that the guides' commands use, or where a file of theirs really is. */
type Cast = Readonly<Record<string, HostPort | string>>;

/** Sets a world up; what it uses is given to `props`, which end it. */
export type Start = (props: AsyncDisposableStack) => Promise<Cast>;

/** A world of real programs. */
export interface RealWorld {
  readonly needs: readonly Program[];
  readonly start: Start;
}

export const PROXY = "proxy.example:3128";
export const SITE = "site.example:80";
export const SECURE_SITE = "site.example:443";
export const SECOND = "second.example:1080";
export const GATEWAY = "gateway.example:8080";
