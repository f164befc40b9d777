import { type Answer, refuse } from "./answer.ts";
import { CHANGING_PAGES } from "./changing-pages.ts";
import type { Page } from "./page.ts";
import { READING_PAGES } from "./reading-pages.ts";

/** Every page that there is. */
export const PAGES: readonly Page[] = [...READING_PAGES, ...CHANGING_PAGES];

/** A page that was asked for, with what its handler needs of the request's target. */
export interface Found {
  readonly page: Page;
  readonly id: string;
  readonly query: URLSearchParams;
}

/** Finds the page for a method and the request's target; an answer where there is none. */
export function findPage(method: string, url: string): Found | { readonly refused: Answer } {
  const [path = "", search = ""] = split(url, "?");
  const here = PAGES.flatMap((page) => {
    const id = matchPath(page.path, path);
    return id === null ? [] : { page, id };
  });
  if (here.length === 0) return { refused: refuse(404, `there is no such page here, but ${PAGES.map(nameOf).join(", ")}`) };
  const found = here.find(({ page }) => page.method === (method === "HEAD" ? "GET" : method));
  if (found === undefined) {
    const allowed = here.flatMap(({ page }) => (page.method === "GET" ? ["GET", "HEAD"] : page.method)).join(", ");
    return { refused: refuse(405, `this page takes ${allowed}`, { Allow: allowed }) };
  }
  const query = new URLSearchParams(search);
  const refused = refuseUnknownKeys(query, found.page.keys);
  return refused === null ? { ...found, query } : { refused };
}

/** As in `POST /api/exits/ID/drain`. */
function nameOf({ method, path }: Page): string {
  return `${method} ${path}`;
}

/** What stands in the place of `ID`, empty where the path has none; null: the path is another. */
function matchPath(wanted: string, path: string): string | null {
  const [before = "", after] = split(wanted, "ID");
  if (after === undefined) return path === wanted ? "" : null;
  if (!path.startsWith(before) || !path.endsWith(after) || path.length <= before.length + after.length) return null;
  const id = path.slice(before.length, path.length - after.length);
  return id.includes("/") ? null : id;
}

/** A key that is misspelt would be a filter that does nothing. */
function refuseUnknownKeys(query: URLSearchParams, known: readonly string[]): Answer | null {
  const unknown = [...query.keys()].find((key) => !known.includes(key));
  if (unknown === undefined) return null;
  return refuse(400, known.length === 0 ? "this page takes no parameters" : `the parameters of this page are ${known.join(", ")}`);
}

function split(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
