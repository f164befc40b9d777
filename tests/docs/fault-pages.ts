import type { FaultId, FaultRow } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { readClientViews, type View } from "./client-views.ts";
import { faultTable } from "./faults-page.ts";

export const FAULT_PAGES: URL = new URL("../../docs/faults/", import.meta.url);

/** The pages `docs/faults/ID.md`, by file name: made from the fault table and from what clients were seen to show. */
export function renderFaultPages(): ReadonlyMap<string, string> {
  const { versions, views } = readClientViews();
  return new Map((Object.keys(FAULTS) as FaultId[]).map((id) => [`${id}.md`, renderPage(id, FAULTS[id], views[id] ?? {}, versions)]));
}

function renderPage(id: FaultId, row: FaultRow, view: View, versions: string): string {
  return `# ${id}

<!-- Made from the fault table in src/core/faults/ and tests/docs/client-views/ by \`npm run docs\`. -->

${row.summary} ([What do the columns mean?](../faults.md))

${faultTable(row)}

## What do I do?

- **As the client:** ${row.fix.client}
- **As the operator:** ${row.fix.operator}
- **To be sure:** [\`goodgateway diagnose URL\`](../how-do-i-find-out-whose-fault-it-is.md) asks in more ways than one, and
  [\`goodgateway explain\`](../who-made-this-answer.md) reads what you have, also the id behind the fault's name.

## What do I see?

${renderViews(id, view, versions)}`;
}

function renderViews(id: FaultId, { http, https }: View, versions: string): string {
  if (id.startsWith("honesty.")) return "No exchange ends with it: `goodgateway check` and the gateway's own checks find it.\n";
  if (http === undefined && https === undefined)
    return "Nothing: it is the client that left, or the gateway goes on without it. The log and the record have it.\n";
  const parts = [
    ...(http === undefined ? [] : [renderWay(http, "http")]),
    ...(https === undefined ? [] : [renderWay(https, "https")]),
    ...(https === undefined ? [WITHIN_TLS] : []),
    `Seen with ${versions}, of what the gateway sent in the lab's stage for it; names, ports and ids differ.\n`,
  ];
  return parts.join("\n");
}

const WITHIN_TLS = `With an \`https\` URL the client speaks TLS with the target itself: what breaks in there, the gateway sees as bytes that stop, and the client
as an error of TLS or of its connection.
`;

function renderWay(seen: Readonly<Record<string, string>>, scheme: "http" | "https"): string {
  const { curl = "", ...others } = seen;
  const rest = Object.entries(others).map(([name, text]) => `- ${name}: ${asCode(text, curl)}`);
  return `With an \`${scheme}\` URL:

\`\`\`console
$ curl -x http://127.0.0.1:8080 ${scheme}://site.example/
${cut(curl) || "(nothing)"}
\`\`\`

${rest.join("\n")}
`;
}

/** A browser shows the same text as curl. */
function asCode(text: string, curl: string): string {
  if (text === "") return "an empty page";
  if (text === curl) return "the same text";
  const [line = ""] = cut(text).split("\n");
  return `\`${line.replaceAll("`", "'")}\``;
}

function cut(text: string): string {
  const lines = text.split("\n").slice(0, SHOWN_LINES_MAX);
  return lines.map((line) => (line.length > SHOWN_CHARS_MAX ? `${line.slice(0, SHOWN_CHARS_MAX)}...` : line)).join("\n");
}

const SHOWN_LINES_MAX = 8;
const SHOWN_CHARS_MAX = 320;
