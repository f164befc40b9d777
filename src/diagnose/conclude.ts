import { addDetail, addDetailOfAnswer } from "./add-detail.ts";
import { type Case, caseOf } from "./case.ts";
import type { Conclusion, Verdict } from "./diagnosis.ts";
import { areAlike, hasSpoken, isOfTarget, isStrange, isTold, isUnreached, mayComeOfTarget } from "./fault-kinds.ts";
import { layBlame } from "./lay-blame.ts";
import { areUnlike, exposeOwnPages } from "./own-pages.ts";
import { isWhole, type Question, type TestResult } from "./question.ts";
import { STORIES } from "./stories.ts";
import { tell } from "./tell-verdict.ts";

/** Who broke what, by the tests that have ended. Pure. */
export function conclude({ via, direct }: Question, ended: readonly TestResult[]): Conclusion {
  const tests = exposeOwnPages(ended);
  const whole = wholeRoutes(tests);
  const found =
    whole.find(({ spec, outcome }) => spec.part === "via" && outcome === "fault") ??
    (via.length > 0 && whole.some(({ spec }) => spec.part === "via") ? undefined : mostTelling(whole));
  if (found === undefined) return { verdict: addDetailOfAnswer(allWell(whole), whole), tests, broken: null };
  const broken = speaksOtherwise(found, tests) ? found : seenNearer(found, whole);
  return { verdict: addDetail(judge(caseOf(broken, whole, tests, direct)), broken, tests), tests, broken };
}

/** Where no route works, an exit that is dead by itself is not why: what may come of the site tells more. */
function mostTelling(whole: readonly TestResult[]): TestResult | undefined {
  const failed = whole.filter(({ outcome }) => outcome === "fault");
  return (failed.length === whole.length ? failed.find(mayComeOfTarget) : undefined) ?? failed[0];
}

/** Tests of a route from one end to the other, less those that were cut off. */
export function wholeRoutes(tests: readonly TestResult[]): readonly TestResult[] {
  return tests.filter((test) => isWhole(test) && test.outcome !== "cut");
}

/** Where the site fails whoever asks, what it did without a proxy tells more than what came of it through one. */
function seenNearer(broken: TestResult, whole: readonly TestResult[]): TestResult {
  const own = whole.find(({ spec, outcome }) => spec.part === "direct" && outcome === "fault");
  if (own === undefined || isSeenAtTarget(broken, own) || whole.some(({ outcome }) => outcome === "ok")) return broken;
  // Exits that agree tell more than a way that may be closed to us alone.
  if (isUnreached(own) && whole.some((one) => one !== broken && one !== own && areAlike(one, broken))) return broken;
  return isOfTarget(own) && mayComeOfTarget(broken) && explains(own, broken) ? own : broken;
}

/** Its line says another protocol than its port speaks: that has to be put right, whatever the site does. */
function speaksOtherwise(broken: TestResult, tests: readonly TestResult[]): boolean {
  return isStrange(broken) && tests.some((test) => test.spec.part === "protocol" && test.spec.of === broken.spec.id && hasSpoken(test));
}

/** Behind all exits. An error page that came in clear text may be the exit's, whoever it looks like, unless the site gives the same. */
function isSeenAtTarget(broken: TestResult, own: TestResult): boolean {
  const { attributed, spec } = broken;
  const mayBeExits =
    !areAlike(own, broken) &&
    spec.exit !== null &&
    !spec.tunnel &&
    spec.url.protocol === "http:" &&
    attributed?.fault.id.startsWith("relay.");
  return attributed?.role === "target" && mayBeExits !== true;
}

/** A site that we do not even reach explains no more than silence. */
function explains(own: TestResult, broken: TestResult): boolean {
  const id = own.attributed?.fault.id ?? "";
  if (areAlike(own, broken) || id === "dns.nxdomain" || id === "dns.nodata") return true;
  return isTold(broken) && !isUnreached(own) && !id.startsWith("dns.");
}

/** The first story that fits is told. */
function judge(one: Case): Verdict {
  const blame = layBlame(one);
  for (const story of STORIES) {
    const told = story(one, blame);
    if (told !== null) return told;
  }
  throw new Error("the last story fits every case");
}

function allWell(whole: readonly TestResult[]): Verdict {
  const isKnown = whole.length > 0;
  return {
    ...{ culprit: null, fault: null, stage: null, hop: 0, confidence: isKnown ? 1 : 0 },
    summary: isKnown
      ? `${answersDiffer(whole) ?? `Nothing is broken on the way now: ${answerOf(whole)}.`}${alsoFails(whole)}`
      : "No route was tried to its end.",
    evidence: whole.map(tell),
    whyNot: [],
    fix: { client: wayAround(whole) ?? "Nothing to do.", operator: "Nothing to do." },
    nextTest: decidingTest(whole),
  };
}

/** An answer that one route alone is given is no word on the site. */
function answersDiffer(whole: readonly TestResult[]): string | null {
  const [refused, served] = [whole.find(isRefused), whole.find(isServed)];
  const unlike = refused !== undefined && served !== undefined ? [refused, served] : twoPages(whole);
  if (unlike === null) return null;
  const told = unlike.map((one) => `${refused === undefined ? tellPage(one) : one.status} by ${one.spec.route}`);
  return `Nothing is broken on the way now, but answers differ: ${told.join(", ")}.`;
}

/** Pages that have nothing in common, of which an exit may have made the one: a country's own page and a shop's other server look so too. */
function twoPages(whole: readonly TestResult[]): readonly [TestResult, TestResult] | null {
  const [first, ...others] = whole.filter(({ outcome, answer }) => outcome === "ok" && answer !== null);
  const other = others.find(
    ({ spec, answer }) => first?.answer != null && spec.method === first.spec.method && answer !== null && areUnlike(first.answer, answer),
  );
  return first === undefined || other === undefined ? null : [first, other];
}

function tellPage({ status, answer }: TestResult): string {
  const { title = null, server = null } = answer?.mark ?? {};
  return `${status}${title === null ? "" : ` "${title}"`}${server === null ? "" : ` (${server})`}`;
}

/** In clear text alone may an exit put a page in another's place. */
function decidingTest(whole: readonly TestResult[]): string | null {
  const found = whole.some(isRefused) ? null : twoPages(whole)?.find(({ spec }) => spec.exit !== null && spec.url.protocol === "http:");
  return found == null
    ? null
    : `the same over https://, where no exit can make a page in the site's name: https://${found.spec.url.hostname}/`;
}

/** The user's own route is refused what others are given. */
function wayAround(whole: readonly TestResult[]): string | null {
  const refused = whole.find((one) => one.spec.part === "via" && isRefused(one));
  const served = whole.find(isServed);
  if (refused === undefined || served === undefined) return null;
  const how = served.spec.exit === null ? "Go without a proxy, or use another exit" : `Use ${served.spec.route}`;
  return `${how}: ${refused.spec.route} is refused what others are given, by itself, by a proxy behind it, or by the site.`;
}

function isRefused({ status }: TestResult): boolean {
  return status !== null && status >= 400;
}

function isServed({ status }: TestResult): boolean {
  return status !== null && status < 400;
}

/** The routes that the user goes are well; others that were compared with them are not. */
function alsoFails(whole: readonly TestResult[]): string {
  const failed = whole.find(({ outcome }) => outcome === "fault");
  if (failed === undefined) return "";
  const where = failed.spec.exit === null ? "Without a proxy" : `By ${failed.spec.route}`;
  return ` ${where} it fails: ${failed.attributed?.fault.id} (${failed.words}).`;
}

function answerOf(whole: readonly TestResult[]): string {
  const status = whole.find((one) => one.status !== null)?.status ?? null;
  return status !== null && status >= 400 ? `the site itself answers ${status}` : "the request is answered as it should be";
}
