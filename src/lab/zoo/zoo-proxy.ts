import type { HostPort } from "../../core/address.ts";
import type { FaultId } from "../../core/fault.ts";
import type { HonestyFaultId } from "../../core/faults/honesty.ts";
import type { ExitScheme } from "../../core/route.ts";

/** Where it is met, until it is disposed of. */
export type ZooServer = HostPort & AsyncDisposable;

/** A proxy as they are met in the wild, with what a checker must say of it. */
export interface ZooProxy {
  /** What it is, or does. */
  readonly title: string;
  /** The line of a list that names it; the default is `host:port`, which leaves the protocol to be found out. */
  readonly line: (server: ZooServer) => string;
  readonly expected: ZooExpected;
  /** Each time with a memory of its own. */
  start(): Promise<ZooServer>;
}

/** What is left out may be anything. */
export interface ZooExpected {
  /** `useless`: dead, or lying. */
  readonly state: "works" | "lies" | "answers" | "dead" | "useless";
  /** Found to work, in any order. */
  readonly protocols?: readonly ExitScheme[];
  readonly anonymity?: "transparent" | "anonymous" | "elite" | "unknown";
  /** At least these lies, and of these kinds alone where `only` is set. */
  readonly lies?: readonly HonestyFaultId[];
  readonly only?: true;
  /** One of these is the reason, or the worst lie. */
  readonly fault?: readonly FaultId[];
  readonly can?: Readonly<Record<string, boolean>>;
  readonly rotates?: boolean;
  /** Somewhere in what is told about it. */
  readonly tells?: RegExp;
}

/** A proxy whose line names its scheme, or `null` for one whose line does not. */
export function zooProxy(
  title: string,
  scheme: ExitScheme | null,
  expected: ZooExpected,
  start: () => Promise<ZooServer>,
  more: { readonly user?: string; readonly tags?: string } = {},
): ZooProxy {
  const user = more.user === undefined ? "" : `${more.user}@`;
  const tags = more.tags === undefined ? "" : ` ${more.tags}`;
  const line = ({ host, port }: ZooServer) => `${scheme === null ? "" : `${scheme}://`}${user}${host}:${port}${tags}`;
  return { title, line, expected, start };
}

/** An honest one. */
export function works(more: Partial<ZooExpected> = {}): ZooExpected {
  return { state: "works", lies: [], only: true, ...more };
}

/** One that does something to what it carries. */
export function liesBy(...lies: readonly HonestyFaultId[]): ZooExpected {
  return { state: "lies", lies };
}

/** One that is of no use, for one of these reasons. */
export function dead(...fault: readonly FaultId[]): ZooExpected {
  return { state: "dead", fault };
}

/** At least one, so that a lie that none tells does not compile. */
export type Liars = readonly [ZooProxy, ...ZooProxy[]];
