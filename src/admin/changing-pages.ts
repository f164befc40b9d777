import { readDuration } from "../core/duration.ts";
import { EXIT_SCHEMES, type ExitScheme } from "../core/route.ts";
import { type Answer, answerJson, refuse } from "./answer.ts";
import type { Body } from "./body.ts";
import type { Call, Page } from "./page.ts";

/** The pages that change something. */
export const CHANGING_PAGES: readonly Page[] = [
  { method: "POST", path: "/api/exits", keys: ["scheme"], answer: addExits },
  { method: "DELETE", path: "/api/exits/ID", keys: [], answer: onExit(removeExit) },
  changeOf("drain"),
  changeOf("undrain"),
  { method: "POST", path: "/api/exits/ID/bench", keys: ["for", "reason"], answer: onExit(benchExit) },
  changeOf("unbench"),
  { method: "POST", path: "/api/sessions/rotate", keys: ["key", "user"], answer: rotateSession },
];

const REASON_CHARS_MAX = 200;
const ERRORS_MAX = 100;

function changeOf(action: "drain" | "undrain" | "unbench"): Page {
  const act = ({ sources, id, who }: Call) => {
    sources.operator[action](id, who);
    return null;
  };
  return { method: "POST", path: `/api/exits/ID/${action}`, keys: [], answer: onExit(act) };
}

/** For an exit that there is. Answers with its state afterwards, where the handler has no answer of its own. */
function onExit(act: (call: Call) => Answer | null | Promise<Answer | null>): Page["answer"] {
  return async (call) => {
    const { sources, id } = call;
    if (sources.exits.find(id) === null) return refuse(404, "no exit has this id; GET /api/exits lists them");
    return (await act(call)) ?? answerJson(sources.exits.find(id));
  };
}

async function addExits({ sources, query, body, who }: Call): Promise<Answer> {
  const scheme = query.get("scheme") ?? "http";
  if (!isScheme(scheme)) return refuse(400, `scheme is one of ${EXIT_SCHEMES.join(", ")}`);
  const lines = readLines(body);
  if (typeof lines !== "string") return lines;
  const { added, known, errors } = await sources.operator.add(lines, scheme, who);
  // A list that is wrong from end to end would be a long answer.
  const shown = { added, known, errors: errors.slice(0, ERRORS_MAX) };
  if (added.length + known.length > 0) return answerJson(shown);
  const detail = errors.length === 0 ? "the body has no exit: one a line, as in http://192.0.2.10:8080" : "no line could be added";
  return refuse(400, detail, {}, { errors: shown.errors });
}

async function removeExit({ sources, id, who }: Call): Promise<Answer> {
  if ((await sources.operator.remove(id, who)) === "removed") return answerJson({ removed: id });
  return refuse(409, `a list of the config has exit ${id}: take it out there, or POST /api/exits/${id}/drain`);
}

function benchExit({ sources, id, query, body, who }: Call): Answer | null {
  const options = readOptions(body, query, ["for", "reason"]);
  if ("refused" in options) return options.refused;
  const ms = readDuration(options.given["for"] ?? "");
  if (ms === null) return refuse(400, "say for how long, at most 24 days: ?for=10m");
  const reason = options.given["reason"] ?? "";
  if (reason.length > REASON_CHARS_MAX) return refuse(400, `reason has at most ${REASON_CHARS_MAX} characters`);
  sources.operator.bench(id, { ms, reason }, who);
  return null;
}

function rotateSession({ sources, query, body, who }: Call): Answer {
  const options = readOptions(body, query, ["key", "user"]);
  if ("refused" in options) return options.refused;
  const key = options.given["key"] ?? "";
  if (key === "") return refuse(400, 'say which session: {"key": "abc"}, what the client has behind session- in its user name');
  const rotated = sources.operator.rotate(options.given["user"] ?? null, key, who);
  return rotated === 0
    ? refuse(404, "no session with this key holds an exit; of a client that logs in, name its user too")
    : answerJson({ rotated });
}

/** Lines of an exit list: as they are, or in JSON. */
function readLines({ type, text }: Body): string | Answer {
  if (type === "text/plain" || type === "") return text;
  if (type !== "application/json") return refuse(415, 'send lines as text/plain, or as application/json: {"lines": [...]}');
  const value = parseObject(text);
  const lines = value?.["lines"];
  const isUnderstood = value !== null && Object.keys(value).length === 1;
  if (isUnderstood && typeof lines === "string") return lines;
  if (isUnderstood && Array.isArray(lines) && lines.every((line) => typeof line === "string")) return lines.join("\n");
  return refuse(400, 'the body is no JSON of the form {"lines": ["http://192.0.2.10:8080 country=de"]}');
}

type Options = { readonly given: Readonly<Record<string, string>> } | { readonly refused: Answer };

/** Texts by their names, from the query or a JSON body. */
function readOptions(body: Body, query: URLSearchParams, keys: readonly string[]): Options {
  const value = body.text === "" ? {} : parseObject(body.text);
  if (body.type !== "application/json" && body.text !== "")
    return { refused: refuse(415, "send options as application/json, or in the query") };
  const isUnderstood = value !== null && Object.entries(value).every(([key, text]) => keys.includes(key) && typeof text === "string");
  if (!isUnderstood) return { refused: refuse(400, `the body is no JSON object of texts, with the keys ${keys.join(", ")}`) };
  return { given: { ...(value as Record<string, string>), ...Object.fromEntries(query) } };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isScheme(text: string): text is ExitScheme {
  return (EXIT_SCHEMES as readonly string[]).includes(text);
}
