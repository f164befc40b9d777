import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord } from "../core/ledger.ts";
import type { Problem } from "./problem.ts";

/** A small page that needs nothing else: no script, no font, no picture from anywhere. */
export function problemHtml(problem: Problem): string {
  const { status, reason, name, requestId, verdict, attempts, target } = problem;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(`${status} ${reason}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${status}</h1>
<p class="reason">${escapeHtml(reason)}</p>
<p>${escapeHtml(FAULTS[verdict.fault].summary)}</p>
<dl>
${row("Target", target)}
${row("Culprit", `${verdict.culprit} (confidence ${verdict.confidence})`)}
${verdict.evidence.length > 0 ? row("Seen", verdict.evidence.join("; ")) : ""}
${row("If you sent the request", verdict.fix.client)}
${row("If you run the gateway", verdict.fix.operator)}
</dl>
${attempts.length > 0 ? attemptsTable(attempts) : ""}
<footer>${escapeHtml(name)} &middot; request ${escapeHtml(requestId)}</footer>
</body>
</html>
`;
}

function attemptsTable(attempts: readonly AttemptRecord[]): string {
  const rows = attempts.map((attempt, i) => {
    const end = attempt.cancelled ? "cancelled" : (attempt.fault ?? `answered ${attempt.status ?? ""}`);
    const cells = [String(i + 1), attempt.exit ?? "direct", attempt.stage, end, attempt.details ?? ""];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const head = "<tr><th>#</th><th>exit</th><th>stage</th><th>fault</th><th>details</th></tr>";
  return `<table>\n${head}\n${rows.join("\n")}\n</table>`;
}

function row(term: string, text: string): string {
  return `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`;
}

/** For text and for attribute values in double quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = [
  "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}",
  "h1{font-size:3rem;margin:0}.reason{font:600 1.1rem ui-monospace,monospace;margin:0 0 1rem}",
  "dt{font-weight:600;margin-top:.6rem}dd{margin:0;overflow-wrap:anywhere}",
  "table{border-collapse:collapse;margin-top:1.5rem;width:100%;font-size:.9rem}",
  "td,th{border-top:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}",
  "footer{margin-top:2rem;color:#666;font-size:.85rem}",
  "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1a1a1a}td,th{border-color:#444}footer{color:#999}}",
].join("");
