import { oneSpaced, plainText } from "./plain-text.ts";
import { findShown, type Shown } from "./shown.ts";

/** What a guide says in one place: a sentence, or the row of a table. */
export interface Statement {
  /** Heading of the second level that it stands under; empty: ahead of the first. */
  readonly section: string;
  readonly words: string;
}

/** What is wrong with the proofs of a guide, a line each; empty: each statement has a command whose output shows it. */
export function findUnproven(page: string): string[] {
  const statements = findStatements(page);
  const excused = findExcused(page);
  const sections = sectionsOf(page).map(({ heading, text }) => ({ heading, shown: findShown(text) }));
  const claims = sections.flatMap(({ heading, shown }) => shown.flatMap((block) => block.claims.map((claim) => ({ heading, ...claim }))));
  return [
    ...sections
      .filter(({ heading, shown }) => heading !== "" && heading !== ADVICE && shown.length === 0)
      .map(({ heading }) => `no command: ${heading}`),
    ...(excused.length > EXCUSED_MAX ? [`${excused.length} sentences without a command are excused: at most ${EXCUSED_MAX}`] : []),
    ...[...excused, ...claims.map(({ words }) => words)]
      .filter((words) => !statements.some((statement) => statement.words.includes(words)))
      .map((words) => `stands nowhere in the text: ${words}`),
    ...statements
      .filter(
        ({ section, words }) =>
          !excused.some((one) => words.includes(one)) &&
          !claims.some((claim) => words.includes(claim.words) && (claim.heading === section || isOfAll(section))),
      )
      .map(({ section, words }) => `no command of "${section}" shows: ${words}`),
    ...sections.flatMap(({ shown }) => shown.flatMap((block) => findNotPrinted(block, block.printed))),
  ];
}

/** Claims of a block whose phrase is not in what its command printed. */
export function findNotPrinted({ command, claims }: Shown, printed: string): string[] {
  const text = oneSpaced(printed);
  return claims.filter(({ phrase }) => !text.includes(oneSpaced(phrase))).map(({ phrase }) => `${command}\n  does not print: ${phrase}`);
}

/** A guide's sentences and rows. Headings of guides ask and say nothing. */
export function findStatements(page: string): Statement[] {
  return sectionsOf(page).flatMap(({ heading, text }) =>
    text
      .replaceAll(/<!--[\s\S]*?-->|^```[\s\S]*?^```$/gm, "")
      .split(/\n{2,}/)
      .flatMap((part) => statementsOf(part.trim()))
      .map((words) => ({ section: heading, words })),
  );
}

/** What the page may do without: a greeting, a pointer to other pages. `<!-- no statement: WORDS -->`. */
const EXCUSED_MAX = 3;
/** What follows from all of the page. */
const ADVICE = "What do I do?";

function isOfAll(section: string): boolean {
  return section === "" || section === ADVICE;
}

function findExcused(page: string): string[] {
  return Array.from(page.matchAll(/^<!-- no statement: (.+?) -->$/gm), ([, words = ""]) => plainText(words));
}

function sectionsOf(page: string): { heading: string; text: string }[] {
  return page.split(/^(?=## )/m).map((part) => {
    const [, heading = "", text = ""] = /^(?:## (.*)\n)?([\s\S]*)$/.exec(part) as RegExpExecArray;
    return { heading, text };
  });
}

function statementsOf(part: string): string[] {
  if (part.startsWith("|")) return part.split("\n").slice(2).map(plainText);
  const items = part.split(/^(?:- |\d\. |#+ .*$)/m);
  return items.flatMap((item) => plainText(item).split(SENTENCE_END)).filter((words) => words !== "");
}

/** An end of a sentence, and what may begin the next. */
const SENTENCE_END = /(?<=[.!?]) (?=["A-Z`])/;
