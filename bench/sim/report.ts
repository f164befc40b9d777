import type { Table } from "../measure/table.ts";
import type { TrueSide } from "./laws.ts";
import type { Scenario } from "./scenarios.ts";
import type { Score, Share } from "./score.ts";
import type { Tally } from "./tally.ts";

/** A scenario as every policy lived through it, once for each seed. */
export interface Run {
  readonly scenario: Scenario;
  readonly scores: readonly Score[];
  /** By policy, ours first. */
  readonly tallies: Readonly<Record<string, readonly Tally[]>>;
}

/** What exits, targets and the two together break; what our own connection breaks is so much that it is counted apart. */
const SIDES: readonly TrueSide[] = ["exit", "target", "pair"];
const RIGHT_MIN = 0.99;
const BENCHED_MAX = 0.001;

export function tabulateAims(runs: readonly Run[]): Table {
  const scores = runs.flatMap(({ scores: each }) => each);
  const rows = [...SIDES, "network" as const].map((side) => tellAim(scores, `failures that ${MADE_BY[side]}, blamed right`, [side]));
  const benched = benchedOf(scores);
  const worst = worstBenched(runs);
  const benchedForOwn = sum(scores.map((score) => score.benchedForOwn));
  return {
    title: "What was aimed at",
    columns: ["after five failures of that kind", "aim", "is", "", "at best", "without foresight"],
    rows: [
      tellAim(scores, "all failures, blamed right", SIDES),
      ...rows,
      [
        "failures of others that benched an exit (all)",
        "0.1 %",
        percent(benched),
        verdict(benched.right / benched.of <= BENCHED_MAX),
        NOTHING,
        NOTHING,
      ],
      [
        `the same, where it was most: ${worst.name}`,
        "0.1 %",
        percent(worst.share),
        verdict(worst.share.right / worst.share.of <= BENCHED_MAX),
        NOTHING,
        NOTHING,
      ],
      [
        "failures of our own connection that benched an exit (all)",
        "0.1 %",
        percent(benchedForOwn),
        verdict(benchedForOwn.right / benchedForOwn.of <= BENCHED_MAX),
        NOTHING,
        NOTHING,
      ],
    ],
    remarks: [
      "A kind is one law at one exit, provider or target: one dead exit, one outage, one exit that one target blocks.",
      "What is blamed is compared as it was told at once, without what later attempts showed.",
      "At best: the same failures, blamed by one who knows all the laws that hold at that moment, and weighs them by what the failure looks like (Bayes). Without foresight: one who knows them too, but an outage, a death or a burst only from its first failure on.",
      "What is missed most: that the only site of two exits is down, over the one that was dead some minutes before and words it as it did then; exits that fail only now and then, on targets that do so too or refuse others; and the first failures of a provider's bursts of a few seconds.",
      "An outage costs a few requests after its end: the circuit stays open until a probe finds the target back (in the table below: lost meanwhile).",
    ],
  };
}

function worstBenched(runs: readonly Run[]): { readonly name: string; readonly share: Share } {
  const each = runs.map(({ scenario, scores }) => ({ name: scenario.name, share: benchedOf(scores) }));
  return each
    .filter(({ share }) => share.of > 0)
    .reduce((worst, other) => (other.share.right * worst.share.of > worst.share.right * other.share.of ? other : worst));
}

function tellAim(scores: readonly Score[], what: string, sides: readonly TrueSide[]): string[] {
  const shareOf = (of: (score: Score) => Score["learned"]) => sum(scores.flatMap((score) => sides.map((side) => of(score)[side])));
  const learned = shareOf((score) => score.learned);
  return [what, "99 %", percent(learned), verdict(learned.right / learned.of >= RIGHT_MIN), ...oraclesOf(scores, sides)];
}

/** What is reached at best, and without foresight. */
function oraclesOf(scores: readonly Score[], sides: readonly TrueSide[]): string[] {
  return (["allKnowing", "notForeseeing"] as const).map((oracle) => {
    const { right, of } = sum(scores.flatMap((score) => sides.map((side) => score[oracle][side])));
    return of === 0 ? NOTHING : `${((100 * right) / of).toFixed(2)} %`;
  });
}

const MADE_BY: Readonly<Record<TrueSide, string>> = {
  exit: "an exit made",
  target: "a target made",
  pair: "only this exit has with this target",
  network: "our own connection made",
};

export function tabulateBlame(runs: readonly Run[]): Table {
  return {
    title: "Whose fault it was, and who was blamed",
    columns: [
      "scenario",
      "failures",
      "exit's",
      "target's",
      "pair's",
      "exit's, after 5",
      "target's, after 5",
      "pair's, after 5",
      "own, after 5",
      "at best, after 5",
      "without foresight, after 5",
      "benched for others",
    ],
    rows: runs.map(({ scenario, scores }) => [
      scenario.name,
      `${sum(scores.flatMap(({ all }) => SIDES.map((side) => all[side]))).of}`,
      ...SIDES.map((side) => percent(sum(scores.map(({ all }) => all[side])))),
      ...[...SIDES, "network" as const].map((side) => percent(sum(scores.map(({ learned }) => learned[side])))),
      ...oraclesOf(scores, SIDES),
      percent(benchedOf(scores)),
    ]),
    remarks: [
      "Share that was blamed right; in brackets how many there were. –: there were none.",
      "At best and without foresight: as above, the exit's, the target's and the pair's together.",
    ],
  };
}

export function tabulateService(runs: readonly Run[]): Table {
  return {
    title: "What clients got, and what it cost",
    columns: ["scenario", ...policiesOf(runs)],
    rows: runs.map(({ scenario, tallies }) => [
      scenario.name,
      ...Object.values(tallies).map((each) => {
        const served = total(each, (tally) => tally.served);
        const share = served / total(each, (tally) => tally.requests);
        return `${(100 * share).toFixed(2)} % · ${(total(each, (tally) => tally.attempts) / served).toFixed(2)}`;
      }),
    ]),
    remarks: ["Requests that were served, of all, those for targets that are down included; then attempts for each that was served."],
  };
}

export function tabulateOutages(runs: readonly Run[]): Table {
  const rows: string[][] = [];
  for (const { scenario, tallies } of runs) {
    const each = Object.values(tallies);
    const times = each.map(tellTimes);
    if (times.some((time) => time !== NOTHING)) rows.push([`${scenario.name}: a dead exit is left after`, ...times]);
    if (each.some((tally) => total(tally, ({ onDown }) => onDown.requests) > 0)) {
      rows.push([
        `${scenario.name}: attempts for a request to a target that is down`,
        ...each.map((tally) =>
          ratio(
            total(tally, ({ onDown }) => onDown.attempts),
            total(tally, ({ onDown }) => onDown.requests),
          ),
        ),
      ]);
      rows.push([`${scenario.name}: requests to other targets lost meanwhile`, ...each.map((tally) => lostBesides(tally))]);
    }
  }
  return {
    title: "Dead exits, and outages of targets",
    columns: ["", ...policiesOf(runs)],
    rows,
    remarks: [
      "Time from an exit's first attempt after its death until it gets less than a tenth of a live exit's traffic for good: the median and the longest. 0 s: its first failure was enough.",
    ],
  };
}

const NOTHING = "–";

function tellTimes(tallies: readonly Tally[]): string {
  const times = tallies.flatMap((tally) => tally.timesUntilLeft()).sort((a, b) => a - b);
  if (times.length === 0) return NOTHING;
  return `${seconds(times[times.length >> 1] as number)}, ${seconds(times.at(-1) as number)}`;
}

function seconds(ms: number): string {
  return ms < 9500 ? `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s` : `${Math.round(ms / 1000)} s`;
}

function lostBesides(tallies: readonly Tally[]): string {
  const of = total(tallies, ({ besides }) => besides.of);
  return of === 0 ? NOTHING : `${((100 * (of - total(tallies, ({ besides }) => besides.served))) / of).toFixed(2)} %`;
}

function policiesOf([run]: readonly Run[]): string[] {
  return Object.keys(run?.tallies ?? {});
}

function total(tallies: readonly Tally[], countOf: (tally: Tally) => number): number {
  return tallies.reduce((sumSoFar, tally) => sumSoFar + countOf(tally), 0);
}

function ratio(count: number, of: number): string {
  return of === 0 ? NOTHING : (count / of).toFixed(2);
}

function benchedOf(scores: readonly Score[]): Share {
  return sum(scores.map(({ benchedForOthers }) => benchedForOthers));
}

function sum(shares: readonly Share[]): Share {
  return shares.reduce((a, b) => ({ right: a.right + b.right, of: a.of + b.of }), { right: 0, of: 0 });
}

function percent({ right, of }: Share): string {
  return of === 0 ? NOTHING : `${((100 * right) / of).toFixed(2)} % (${of})`;
}

function verdict(isReached: boolean): string {
  return isReached ? "reached" : "missed";
}
