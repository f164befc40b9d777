import type { Law } from "./laws.ts";

export interface Scenario {
  readonly name: string;
  readonly exits: number;
  /** Providers; exits are dealt out to them in turn. */
  readonly kins: number;
  readonly targets: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly laws: readonly Law[];
  /** Exits that are new: they are not in the pool before. The others are from the beginning. */
  readonly joins?: readonly Join[];
}

export interface Join {
  readonly exit: number;
  readonly atS: number;
}

/** As a person with a few exits has it: a request now and then, for an hour. */
const few = { perSecond: 1, seconds: 3600 } as const;

const size = { exits: 60, kins: 6, targets: 20, perSecond: 20, seconds: 600 } as const;

/** The weather that a pool meets. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "quiet", ...size, laws: [{ kind: "exits-flaky", exits: every(60, 10), share: 0.03 }] },
  {
    name: "dead exits",
    ...size,
    laws: [
      { kind: "exits-dead", exits: every(60, 5) },
      { kind: "exits-dead", exits: every(60, 5, 2), fromS: 200 },
    ],
  },
  {
    name: "four in five dead",
    ...size,
    laws: [{ kind: "exits-dead", exits: range(0, 60).filter((exit) => exit % 5 !== 0), fromS: 100, untilS: 500 }],
  },
  {
    name: "slow and flaky exits",
    ...size,
    laws: [
      { kind: "exits-slow", exits: every(60, 4), times: 12 },
      { kind: "exits-flaky", exits: every(60, 4, 1), share: 0.25 },
    ],
  },
  {
    name: "blocked by targets",
    ...size,
    laws: [
      { kind: "blocked", target: 0, exits: every(60, 3) },
      { kind: "blocked", target: 3, exits: every(60, 2) },
      { kind: "kin-blocked", target: 1, kin: 2 },
      { kind: "blocked", target: 2, exits: every(60, 4, 1), fromS: 200 },
    ],
  },
  {
    name: "provider down",
    ...size,
    laws: [
      { kind: "kin-down", kin: 1, fromS: 120, untilS: 360 },
      { kind: "exits-flaky", exits: every(60, 6), share: 0.05 },
    ],
  },
  {
    name: "target down",
    ...size,
    laws: [
      { kind: "targets-down", targets: [0], how: "refuses", fromS: 120, untilS: 300 },
      { kind: "targets-down", targets: [4], how: "silent", fromS: 200, untilS: 400 },
      { kind: "targets-down", targets: [2], how: "closes", fromS: 350, untilS: 500 },
    ],
  },
  {
    name: "regional outage",
    ...size,
    laws: [
      { kind: "targets-down", targets: [1, 3, 5, 7, 9, 11], how: "silent", fromS: 150, untilS: 350 },
      { kind: "kin-down", kin: 3, fromS: 150, untilS: 350 },
    ],
  },
  {
    name: "slow and failing targets",
    ...size,
    laws: [
      { kind: "target-slow", target: 0, times: 25, fromS: 100, untilS: 300 },
      { kind: "target-flaky", target: 1, share: 0.3, how: "5xx" },
      { kind: "target-flaky", target: 2, share: 0.1, how: "closes" },
    ],
  },
  {
    name: "own connection lost",
    ...size,
    laws: [
      { kind: "uplink-lost", how: "silent", fromS: 150, untilS: 190 },
      { kind: "uplink-lost", how: "no-route", fromS: 400, untilS: 430 },
      { kind: "exits-dead", exits: every(60, 10), fromS: 100 },
    ],
  },
  {
    name: "everything at once",
    ...size,
    laws: [
      { kind: "exits-dead", exits: every(60, 6, 1), fromS: 60 },
      { kind: "exits-flaky", exits: every(60, 7), share: 0.1 },
      { kind: "kin-down", kin: 4, everyS: 90, forS: 6 },
      { kind: "blocked", target: 1, exits: every(60, 4) },
      { kind: "targets-down", targets: [0], how: "refuses", fromS: 200, untilS: 320 },
      { kind: "target-flaky", target: 2, share: 0.15, how: "5xx" },
    ],
  },
  {
    name: "one exit, three sites",
    ...few,
    exits: 1,
    kins: 1,
    targets: 3,
    laws: [
      { kind: "targets-down", targets: [2], how: "closes", untilS: 200 },
      { kind: "targets-down", targets: [0], how: "refuses", fromS: 500, untilS: 700 },
      { kind: "targets-down", targets: [1], how: "silent", fromS: 1000, untilS: 1300 },
      { kind: "exits-dead", exits: [0], fromS: 1600, untilS: 1800 },
      { kind: "target-flaky", target: 1, share: 0.2, how: "closes", fromS: 2100, untilS: 2900 },
      { kind: "targets-down", targets: [0], how: "5xx", fromS: 2400, untilS: 2600 },
      { kind: "exits-flaky", exits: [0], share: 0.25, fromS: 3000 },
    ],
  },
  {
    name: "two exits, one site",
    ...few,
    exits: 2,
    kins: 2,
    targets: 1,
    laws: [
      { kind: "targets-down", targets: [0], how: "closes", untilS: 100 },
      { kind: "exits-dead", exits: [0], fromS: 400, untilS: 700 },
      { kind: "targets-down", targets: [0], how: "refuses", fromS: 1000, untilS: 1200 },
      { kind: "targets-down", targets: [0], how: "silent", fromS: 1500, untilS: 1700 },
      { kind: "target-flaky", target: 0, share: 0.2, how: "closes", fromS: 1900, untilS: 2500 },
      { kind: "exits-flaky", exits: [1], share: 0.25, fromS: 2800 },
    ],
  },
  {
    name: "few exits, new ones",
    ...few,
    exits: 6,
    kins: 3,
    targets: 4,
    joins: [
      { exit: 2, atS: 310 },
      { exit: 3, atS: 1000 },
      { exit: 4, atS: 2000 },
      { exit: 5, atS: 2600 },
    ],
    laws: [
      { kind: "targets-down", targets: [0], how: "closes", fromS: 300, untilS: 500 },
      { kind: "target-flaky", target: 1, share: 0.3, how: "closes", untilS: 1200 },
      { kind: "exits-dead", exits: [3] },
      { kind: "targets-down", targets: [0, 1], how: "silent", fromS: 1990, untilS: 2200 },
      { kind: "blocked", target: 2, exits: [5] },
      { kind: "target-flaky", target: 3, share: 0.2, how: "5xx", fromS: 3000 },
    ],
  },
];

function every(count: number, step: number, from = 0): number[] {
  return range(0, count).filter((number) => number % step === from);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
