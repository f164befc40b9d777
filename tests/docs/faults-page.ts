import type { FaultRow } from "../../src/core/fault.ts";
import { FAULTS } from "../../src/core/fault-table.ts";
import { LOG_FAULTS } from "../../src/core/faults/log-only.ts";
import type { HopRole } from "../../src/core/route.ts";

export const FAULTS_PAGE: URL = new URL("../../docs/faults.md", import.meta.url);

/** The page `docs/faults.md`, made from the fault table. */
export function renderFaultsPage(): string {
  const families = Map.groupBy(Object.entries(FAULTS), ([id]) => id.slice(0, id.indexOf(".")));
  const parts = [INTRODUCTION, renderOverview(families)];
  for (const [family, rows] of families) {
    parts.push(`## ${family}\n\n${FAMILIES[family] ?? unknownFamily(family)}\n`, ...rows.map(renderFault));
  }
  parts.push(renderLogFaults());
  return parts.join("\n");
}

function renderLogFaults(): string {
  const lines = Object.entries(LOG_FAULTS).map(
    ([id, { culprit, stage, summary, fix }]) => `| \`${id}\` | ${stage} | ${culprit} | ${summary} ${fix.operator} |`,
  );
  return `## Only in logs

What \`goodgateway explain\` finds in [logs of other gateways](how-do-i-read-an-error-log.md) beyond the faults above. No exchange ends with one.

| fault | stage | culprit | what it is, and what to do |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
}

const INTRODUCTION = `# Faults

<!-- Made from the fault table in src/core/faults/ by \`npm run docs\`. Edit the table, not this page. -->

Every reason why the gateway could not serve a request, or an attempt of it, has an id. The id stands in the \`fault\` parameter of
\`Proxy-Status\`, in the reason phrase, in the body of the answer, in the log line, in the metrics and in the record of the exchange.

What each row says:

- **status**: of the answer that the gateway makes. A dash: none is made, since the client is gone, the head of a response was sent
  already, or somebody else's answer is relayed.
- **error**: the RFC 9209 type in \`Proxy-Status\`. A dash: none fits, or nothing is sent.
- **stage**: where in an exchange it broke.
- **culprit**: who broke, by the role of the hop where it was seen, and how sure that is from this one attempt. The bytes of a
  particular case may name another: an \`X-Squid-Error\` field, a SOCKS reply code, a banner of another protocol.
- **in doubt**: whether somebody else on the way may have made what was seen, so that [other attempts](how-blame-works.md) decide.
  - \`never\`: no more than the culprit's number says.
  - \`tunnelled\`: where it came out of a tunnel, the exit may have made it.
  - \`always\`: it looks the same whether the exit is broken, the target is down, or one does not want the other.
- **another attempt**: when one is allowed, by the role of the hop.
  - \`never\`: not at all.
  - \`fresh-hop\`: always, on another hop; nothing of the request went beyond a handshake.
  - \`fresh-socket\`: once on the same hop over a new connection, outside the attempt count, if the request may be repeated.
  - \`idempotent\`: on another hop, if the request may be repeated and nothing went to the client.
  - \`wait\`: as \`idempotent\`, after a pause or what \`Retry-After\` says.

A request may be repeated when its method is idempotent or it has an \`Idempotency-Key\`, and its body, if any, is still held.
`;

const FAMILIES: Readonly<Record<string, string>> = {
  client: "The client's own. None is retried, none counts against a hop.",
  gateway: "This process, its configuration or its machine.",
  dns: "The name of a hop, before a connection is opened.",
  connect: "Opening a TCP connection to a hop.",
  handshake: "The proxy handshake (CONNECT, SOCKS) with an exit, and what an exit reports about what lies beyond it.",
  tls: "TLS with an exit or with the target.",
  write: "Sending the request.",
  head: "Waiting for, and reading, the head of the response.",
  body: "Reading the body of the response. Once its head was relayed no other answer can be made: the client's connection is broken off.",
  trailers: "Reading the fields behind a chunked body.",
  tunnel: "A tunnel that was open.",
  relay:
    "An answer that somebody further in made: a 5xx, or one that a [rule](what-counts-as-blocked.md) names. It is relayed byte for byte, with a `Proxy-Status` member that says whose it is.",
  honesty: "What a check found out about an exit, by asking through it for answers that are known beforehand. No exchange ends with one.",
};

function unknownFamily(family: string): never {
  throw new Error(`the family ${family} needs a sentence in the page of faults`);
}

function renderOverview(families: ReadonlyMap<string, readonly (readonly [string, FaultRow])[]>): string {
  const lines = [...families].map(([family, rows]) => `| [${family}](#${family}) | ${rows.map(([id]) => link(id)).join(", ")} |`);
  return `| family | faults |\n| --- | --- |\n${lines.join("\n")}\n`;
}

/** GitHub's anchor of a heading that is an id: without its dot. */
function link(id: string): string {
  return `[${id.slice(id.indexOf(".") + 1)}](#${id.replace(".", "")})`;
}

function renderFault([id, row]: readonly [string, FaultRow]): string {
  return `### ${id}

${row.summary} ([What does one see?](faults/${id}.md))

${faultTable(row)}

- Client: ${row.fix.client}
- Operator: ${row.fix.operator}
`;
}

/** What follows from a fault, as a table of one row. */
export function faultTable(row: FaultRow): string {
  const cells = [row.status, row.rfc, row.stage, `${byRole(row.culprit)} (${row.confidence})`, row.inDoubt, byRole(row.retry)];
  return `| status | error | stage | culprit | in doubt | another attempt |
| --- | --- | --- | --- | --- | --- |
| ${cells.map((cell) => cell ?? "–").join(" | ")} |`;
}

/** One word where the role does not matter, else each role with its own. */
function byRole(values: Readonly<Record<HopRole, string>>): string {
  const roles = Map.groupBy(Object.keys(values) as HopRole[], (role) => values[role]);
  if (roles.size === 1) return values.exit;
  return [...roles].map(([value, names]) => `at ${names.join(" or ")}: ${value}`).join("; ");
}
