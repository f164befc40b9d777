import { withoutControls } from "../core/printable.ts";
import type { TestResult } from "../diagnose/question.ts";
import { fit, formatMs, type Look, wrap } from "./look.ts";

const MARK_CHARS = 5;
/** A chain's route may be longer than a line: what came of it then stands below it. */
const ROUTE_CHARS_MAX = 52;
/** Narrower, and what came stands below the route too. */
const CAME_CHARS_MIN = 24;
const INDENT = " ".repeat(MARK_CHARS + 4);

/**
 * The tests of a diagnosis, one or two lines each:
 *
 *     fault  http://192.0.2.1:8080  502 Bad Gateway: …  38 ms
 *     ok     direct                 200 OK              63 ms
 */
export function tellTests(tests: readonly TestResult[], look: Look): string[] {
  const usual = tests.find(({ spec }) => spec.kind === "request")?.spec.request ?? "";
  const rows = tests.map((test) => ({ test, route: routeOf(test, usual), came: cameOf(test) }));
  const routeChars = Math.max(0, ...rows.map(({ route }) => (route.length > ROUTE_CHARS_MAX ? 0 : route.length)));
  return [
    look.paint("dim", `  ${withoutControls(usual)}`),
    ...rows.flatMap(({ test, route, came }) => rowOf(test, { route, came, routeChars }, look)),
  ];
}

interface Row {
  readonly route: string;
  readonly came: string;
  readonly routeChars: number;
}

function rowOf({ outcome }: TestResult, { route, came, routeChars }: Row, { width, paint }: Look): string[] {
  const mark = paint(outcome === "ok" ? "green" : outcome === "fault" ? "red" : "dim", outcome.padEnd(MARK_CHARS));
  if (width === null) return [`  ${mark}  ${route.padEnd(routeChars)}  ${came}`];
  const room = width - INDENT.length - routeChars - 2;
  if (route.length > routeChars || room < CAME_CHARS_MIN)
    return [
      `  ${mark}  ${fit(route, width - INDENT.length)}`,
      ...wrap(came, width - INDENT.length - 2).map((line) => `${INDENT}  ${line}`),
    ];
  const [first = "", ...more] = wrap(came, room);
  const below = " ".repeat(INDENT.length + routeChars + 2);
  return [`  ${mark}  ${route.padEnd(routeChars)}  ${first}`, ...more.map((line) => `${below}${line}`)];
}

/** What most tests ask for is not said again. */
function routeOf({ spec: { route, request } }: TestResult, usual: string): string {
  return withoutControls(request === usual ? route : `${route} (${request})`);
}

function cameOf({ words, ms }: TestResult): string {
  return withoutControls(`${words}${ms.total === undefined ? "" : `, ${formatMs(ms.total)}`}`);
}
