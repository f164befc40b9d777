import { type AnswerReading, readAnswer } from "../../blame/answer-reading.ts";
import { drawHops, type HopPicture, type PictureLeg } from "../../blame/hop-picture.ts";
import { Rules } from "../../blame/rules.ts";
import { READY_RULES } from "../../config/ready-rules.ts";
import { hideLikelySecrets } from "../hide-likely-secrets.ts";
import { readBarePage } from "./bare-page.ts";
import { readClientWords } from "./client-words.ts";
import { readCurlOutput } from "./curl-output.ts";
import { DISGUISED_BLOCKS } from "./disguised-blocks.ts";
import { readHar } from "./har.ts";
import { unpasteAnswer } from "./pasted-answer.ts";
import { readPrintedAnswer } from "./printed-answer.ts";
import { readProxychainsWords } from "./proxychains-words.ts";
import type { ClientWords, SavedAnswer, SavedTalk } from "./saved.ts";
import type { WordsReading } from "./words-reading.ts";

/** An answer of a saved text with what it means. */
export interface ExplainedAnswer {
  readonly kind: "answer";
  readonly asked: string | null;
  readonly line: number | null;
  readonly status: number;
  readonly reading: AnswerReading;
  /** The way from the client to whoever made it, drawn in one or two lines. */
  readonly picture: string;
}

/** A client's own error with what it means. */
export interface ExplainedWords {
  readonly kind: "words";
  readonly text: string;
  readonly line: number;
  readonly reading: WordsReading;
}

export type Explained = ExplainedAnswer | ExplainedWords;

/** Explains what curl printed, a HAR file, a bare answer, or the page of one; null: there is neither an answer nor an error in it. */
export function explainResponse(text: string): readonly Explained[] | null {
  const talk = readTalk(text);
  const rules = new Rules([...READY_RULES, ...DISGUISED_BLOCKS]);
  const page = talk.answers.length === 0 ? readBarePage(text) : null;
  const answers = [...talk.answers, ...(page === null ? [] : [page])].map((answer) => explainAnswer(answer, rules));
  const isTold = answers.some(({ reading }) => reading.fault !== null);
  // "curl: (56) CONNECT tunnel failed" and "status code 502" only repeat what the answer says better.
  const words = talk.words
    .flatMap((said) => explainWords(said))
    .filter(({ reading }) => !isTold || !/^(?:handshake|relay)\./.test(reading.fault))
    .filter((one, index, all) => index === 0 || !isSameError(all[index - 1] as ExplainedWords, one));
  const all: Explained[] = [...answers, ...words];
  return all.length === 0 ? null : all;
}

/** Programs print one error in several lines: its message, its cause, its code. */
function isSameError(before: ExplainedWords, { text, line, reading }: ExplainedWords): boolean {
  if (line <= 0 || line - before.line > ERROR_LINES_MAX) return false;
  // What proxychains has told, the program that it runs takes for a port where nobody listens.
  return reading.summary === before.reading.summary || DETAIL.test(text) || isOfProxychains(before.text);
}

function isOfProxychains(text: string): boolean {
  return readProxychainsWords(text) !== null;
}

/** Node prints an error's fields and its cause below it. */
const DETAIL = /^\s*(?:\[?cause\]?|code|errno|syscall): ?/;

const ERROR_LINES_MAX = 12;

function readTalk(text: string): SavedTalk {
  if (/^\s*\{/.test(text)) {
    try {
      const har = readHar(JSON.parse(text));
      if (har !== null) return har;
    } catch {
      // It only begins as JSON does.
    }
  }
  const talk = readCurlOutput(unpasteAnswer(text));
  const printed = talk.answers.length === 0 ? readPrintedAnswer(text) : null;
  return printed === null ? talk : { ...talk, answers: [printed] };
}

function explainAnswer(answer: SavedAnswer, rules: Rules): ExplainedAnswer {
  const { url, method, status, asked, line } = answer;
  const target =
    url === null ? null : { host: url.hostname, port: Number(url.port || (url.protocol === "https:" ? HTTPS_PORT : HTTP_PORT)) };
  // What answers CONNECT is a proxy.
  const plainProxy = method === "CONNECT" ? true : answer.plainProxy;
  const reading = readAnswer(answer, { target, plainProxy, method: method ?? "GET" }, rules);
  const picture = drawHops(pictureOf(answer, reading, plainProxy));
  return {
    kind: "answer",
    asked: asked === null ? null : hideLikelySecrets(asked),
    line,
    status,
    reading: withoutSecrets(reading),
    picture,
  };
}

/** What it quotes of the answer may hold a token: where a redirect leads to, what an error page says. */
function withoutSecrets(reading: AnswerReading): AnswerReading {
  return { ...reading, summary: hideLikelySecrets(reading.summary), evidence: reading.evidence.map(hideLikelySecrets) };
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

function explainWords({ text, line }: ClientWords): ExplainedWords[] {
  const reading = readClientWords(text);
  return reading === null ? [] : [{ kind: "words", text: hideLikelySecrets(text), line, reading }];
}

/** From the client to whoever made the answer. */
function pictureOf(
  { status, url, ms }: SavedAnswer,
  { madeBy, passedOnBy, fault, beyond }: AnswerReading,
  plainProxy: boolean | null,
): HopPicture {
  const site = url?.host ?? "the site";
  const label = ms === null ? String(status) : `${status} after ${Math.round(ms)} ms`;
  const state = fault === null ? "ok" : "broke";
  const client = { name: "client", note: "" };
  const isProxys = madeBy?.side === "exit";
  const proxy = { name: "proxy", note: isProxys ? madeBy.name : "" };
  const hops = [client, ...(isProxys || plainProxy === true ? [proxy] : [])];
  if (beyond !== null)
    return {
      hops: [client, { name: "gateway", note: "" }, { name: beyond, note: "" }, { name: site, note: "" }],
      legs: [
        { state: "ok", label },
        { state: "broke", label: "" },
        { state: "unseen", label: "" },
      ],
    };
  if (isProxys)
    return {
      hops: [...hops, { name: site, note: "" }],
      legs: [
        { state: "ok", label },
        { state: fault === null ? "unseen" : "broke", label: "" },
      ],
    };
  const between = passedOnBy.filter((name) => !name.startsWith("Via: ")).reverse();
  const makers =
    madeBy === null
      ? [{ name: site, note: "" }]
      : [{ name: madeBy.side === "origin" ? site : madeBy.name, note: madeBy.side === "origin" ? "application" : site }];
  const behind = madeBy !== null && madeBy.side !== "origin" && fault !== null ? [{ name: "its backend", note: "" }] : [];
  // Whoever refuses does not pass on: nothing is known of what is behind.
  const beyondMaker: PictureLeg["state"] = fault === "relay.blocked" || fault === "relay.rate_limited" ? "unseen" : state;
  const all = [...hops, ...between.map((name) => ({ name, note: "" })), ...makers, ...behind];
  const legs = all.slice(1).map(
    (_, index): PictureLeg => ({
      state: index === all.length - 2 && behind.length > 0 ? beyondMaker : "ok",
      label: index === 0 ? label : "",
    }),
  );
  return { hops: all, legs };
}
