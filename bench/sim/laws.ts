/** When a law holds, in seconds of the simulated time; without: always. */
interface When {
  readonly fromS?: number;
  readonly untilS?: number;
}

/** A hidden cause of failures. Numbers of exits, kins and targets count from 0; target 0 is the most popular. */
export type Law = When &
  (
    | { readonly kind: "exits-dead"; readonly exits: readonly number[] }
    | { readonly kind: "exits-slow"; readonly exits: readonly number[]; readonly times: number }
    | { readonly kind: "exits-flaky"; readonly exits: readonly number[]; readonly share: number }
    /** All exits of a provider fail; in bursts where `everyS` is given. */
    | { readonly kind: "kin-down"; readonly kin: number; readonly everyS?: number; readonly forS?: number }
    | { readonly kind: "blocked"; readonly target: number; readonly exits: readonly number[] }
    | { readonly kind: "kin-blocked"; readonly target: number; readonly kin: number }
    | { readonly kind: "targets-down"; readonly targets: readonly number[]; readonly how: Outage }
    | { readonly kind: "target-flaky"; readonly target: number; readonly share: number; readonly how: Outage }
    /** The gateway's own connection is lost: no first hop answers, or this machine knows no route. */
    | { readonly kind: "uplink-lost"; readonly how: "silent" | "no-route" }
    | { readonly kind: "target-slow"; readonly target: number; readonly times: number }
  );

/** How a target fails: refuses TCP, is silent, closes what it accepted, answers 5xx. */
export type Outage = "refuses" | "silent" | "closes" | "5xx";

export type TrueSide = "exit" | "target" | "pair" | "network";

/** Who truly broke an attempt. */
export interface Truth {
  /** Who broke it: of several, the one that is nearest to us. */
  readonly side: TrueSide;
  /** All who would have broken it. */
  readonly sides: readonly TrueSide[];
  /** Failures of one kind: of this law at this exit, provider or target. */
  readonly kind: string;
  readonly how: Outage | "dead" | "flaky" | "blocked" | "slow" | "no-route";
  /** Whom the oracles would blame. */
  readonly oracles: Oracles;
}

/** Who knows what, and blames whom by it and by what the failure looks like. */
export interface Oracles {
  /** All laws that hold. */
  readonly allKnowing: TrueSide;
  /** The same, but what begins suddenly (an outage, a death, a burst) only from its first failure on. */
  readonly notForeseeing: TrueSide;
}

export function holds({ fromS = 0, untilS = Number.POSITIVE_INFINITY }: When, now: number): boolean {
  return now >= fromS * 1000 && now < untilS * 1000;
}
