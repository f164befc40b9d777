import { type FaultId, fault } from "../core/fault.ts";
import { isWhole, type Question, type SeenAnswer, type TestResult, type TestSpec } from "./question.ts";
import { requestTest } from "./request-spec.ts";

/** RFC 2606, 2: nobody has a name below it, so that whoever answers for it answers for anything. */
const NOWHERE = new URL("http://nowhere.invalid/");

/**
 * A request for a site that does not exist, by each route of the user whose answer in clear text may be the exit's own: one that differs
 * from what comes without a proxy, or that there is nothing to compare with.
 *
 * @param late what is waited for in vain
 */
export function nowhereTests(question: Question, ended: readonly TestResult[], late: readonly TestSpec[]): TestSpec[] {
  const isOpen = question.direct && !ended.some(({ spec }) => spec.part === "direct") && !late.some(({ part }) => part === "direct");
  if (isOpen || question.url.protocol !== "http:") return [];
  const part = question.via.length > 0 ? "via" : "other";
  return ended.flatMap(({ spec, outcome, answer }) => {
    const isAsked = spec.part === part && outcome === "ok" && resolvesNames(spec);
    if (!isAsked || answer === null || isLikeDirect(answer, ended)) return [];
    const method = spec.method === "HEAD" ? "HEAD" : "GET";
    const more = { id: `nowhere ${spec.id}`, of: spec.id, method, url: NOWHERE, prefix: "a name that nobody has: " };
    return [requestTest(question, spec.exit, "nowhere", more)];
  });
}

/** Less what logs in at the site, and what names it, which are nobody else's to know: whoever answers may be anybody. */
export function forNobody(question: Question): Question {
  const { fields } = question;
  const harmless = fields.filter((_, i) => /^(?:user-agent|accept(?:-language|-encoding)?)$/i.test(fields[i - (i % 2)] as string));
  return { ...question, fields: harmless, body: null, host: null };
}

/** What came for the site that does not exist: nothing, as it should be, or a page. */
export function readNowhere(result: TestResult): TestResult {
  const { spec, outcome, status, words } = result;
  if (outcome === "cut") return result;
  if (status === null || status >= 400)
    return { ...result, outcome: "ok", attributed: null, words: `not served, as it should be: ${words}` };
  const value = fault(status >= 300 ? "honesty.redirected" : "honesty.fake_answer", `answered, although there is no such site: ${words}`);
  return {
    ...result,
    outcome: "fault",
    attributed: { fault: value, role: "exit", hop: spec.exit?.hops.length ?? 0 },
    words: value.details,
  };
}

/** Answers that an exit gave in the site's name, and for a site that does not exist as well: they are its own, and faults. */
export function exposeOwnPages(tests: readonly TestResult[]): readonly TestResult[] {
  const isServed = tests.some((test) => isWhole(test) && test.status !== null && test.status < 400);
  return tests.map((test) => {
    const probe = tests.find(({ spec, outcome }) => spec.part === "nowhere" && spec.of === test.spec.id && outcome !== "cut");
    const { answer, spec, words } = test;
    if (probe === undefined || answer === null || test.outcome !== "ok" || isLikeDirect(answer, tests)) return test;
    const details = isSamePage(answer, probe.answer)
      ? `the same comes for ${NOWHERE.href}, which does not exist`
      : isOfOneMaker(answer, probe.answer)
        ? `${answer.mark.maker} made it, which stands on the exit's side: it speaks for ${NOWHERE.href} too, which does not exist`
        : null;
    // That a page is not there may be said in the same words by the site and by the exit.
    if (details === null || (answer.status >= 400 && !isServed)) return test;
    const attributed = { fault: fault(idOf(answer.status), details), role: "exit", hop: spec.exit?.hops.length ?? 0 } as const;
    return { ...test, outcome: "fault", attributed, words: `${words}: ${details}` };
  });
}

function idOf(status: number): FaultId {
  if (status === 403 || status === 451) return "handshake.policy_denied";
  return status >= 300 && status < 400 ? "honesty.redirected" : "honesty.fake_answer";
}

/** A Squid may stand in front of a site as well as behind an exit: what is asked of a site that does not exist never comes by the first. */
function isOfOneMaker({ mark: { maker } }: SeenAnswer, other: SeenAnswer | null): boolean {
  return maker !== null && maker === other?.mark.maker;
}

/** Who resolves them here finds none for a site that does not exist. */
function resolvesNames({ exit }: TestSpec): boolean {
  const last = exit?.hops.at(-1)?.scheme;
  return last !== undefined && last !== "socks4" && last !== "socks5";
}

/** The same to a reader, however often a clock, a counter or an advertisement in it changes. */
function isSamePage(one: SeenAnswer, other: SeenAnswer | null): boolean {
  if (other === null || one.status !== other.status) return false;
  const [mark, its] = [one.mark, other.mark];
  if (one.location !== null || other.location !== null) return one.location === other.location || areBothTo(one, other, (a, b) => a === b);
  if (mark.digest !== null && mark.digest === its.digest) return true;
  if (mark.server !== its.server) return false;
  // Many say with a bare head that a page is not there, and others that a host is not.
  if (mark.digest === its.digest) return mark.server !== null || !NOT_THERE.has(one.status);
  return mark.title !== null && mark.title === its.title && (one.status < 400 || !COMMON_TITLE.test(mark.title));
}

const NOT_THERE: ReadonlySet<number> = new Set([404, 410]);
/** Of error pages, whoever made them. */
const COMMON_TITLE =
  /^\W*(?:(?:http\W*)?(?:(?:error|status)\W*)?[45]\d\d\b|(?:error|forbidden|(?:page |file )?not found|access denied|unauthori[sz]ed|bad request)\W*$)/i;

/** A gateway that leads to this site whatever it is asked for gives its pages too, and answers for others. */
function isLikeDirect(answer: SeenAnswer, tests: readonly TestResult[]): boolean {
  const direct = tests.find(({ spec, outcome }) => spec.part === "direct" && outcome === "ok")?.answer ?? null;
  return direct !== null && !mayBeAnother(answer, direct);
}

/** No title tells them to be the same. */
function mayBeAnother(one: SeenAnswer, other: SeenAnswer): boolean {
  if (isOtherAnswer(one, other)) return true;
  const [mark, its] = [one.mark, other.mark];
  return one.location === null && mark.digest !== its.digest && (mark.title === null || mark.title !== its.title);
}

/** It is of another kind, or sends on to another host. */
function isOtherAnswer(one: SeenAnswer, other: SeenAnswer): boolean {
  const [status, its] = [one, other].map((answer) => Math.floor(answer.status / 100));
  return status !== its || areBothTo(one, other, (a, b) => a !== b);
}

/** Not even the product that serves them and the title, or where they send on to, are the same. */
export function areUnlike(one: SeenAnswer, other: SeenAnswer): boolean {
  if (isOtherAnswer(one, other)) return true;
  return (
    one.location === null &&
    one.mark.digest !== other.mark.digest &&
    one.mark.title !== other.mark.title &&
    one.mark.server !== other.mark.server
  );
}

/** Both name a host that they send on to. */
function areBothTo(one: SeenAnswer, other: SeenAnswer, compare: (host: string, other: string) => boolean): boolean {
  const [host, its] = [one, other].map(({ location }) => (location !== null && URL.canParse(location) ? new URL(location).host : null));
  return host != null && its != null && compare(host, its);
}
