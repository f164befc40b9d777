import type { Exit } from "../core/route.ts";
import { formatExit } from "../wire/exit-line.ts";
import type { Question, TestPart, TestSpec } from "./question.ts";
import { showUrl } from "./secrets.ts";

interface More {
  readonly id: string;
  readonly of: string | null;
  readonly method: string;
  readonly tunnel?: boolean;
  readonly prefix?: string;
  readonly url?: URL;
}

/** A test that sends the whole request. */
export function requestTest(question: Question, exit: Exit | null, part: TestPart, more: More): TestSpec {
  const { id, of, method, tunnel = question.tunnel, prefix = "", url = question.url } = more;
  const route = `${prefix}${exit === null ? "direct" : shownExit(exit)}`;
  return { id, kind: "request", part, exit, of, route, request: `${method} ${shownUrl(url, question)}`, url, method, tunnel, sni: true };
}

/** Who logs in there is nobody else's to know. */
export function shownExit(exit: Exit): string {
  return formatExit({ hops: exit.hops.map((hop) => ({ ...hop, username: null })) });
}

/** Query values may hold keys. */
function shownUrl(url: URL, question: Question): string {
  return showUrl(url, question).replace(/\?.+/, "?…");
}
