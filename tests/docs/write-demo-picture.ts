// Writes docs/demo.svg: what `npm start -- --once` prints, as a terminal shows it. Run it with `npm run docs:picture`.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CHAR_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 20;

const printed = execFileSync(process.execPath, ["src/cli/main.ts", "demo", "--once"], { cwd: ROOT, encoding: "utf8" });
const lines = ["$ npm start", "", ...printed.trimEnd().split("\n")];
const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * CHAR_WIDTH) + 2 * MARGIN;
const height = lines.length * LINE_HEIGHT + 2 * MARGIN;

const texts = lines.map((line, index) => {
  const y = MARGIN + (index + 1) * LINE_HEIGHT - 5;
  return `<text x="${MARGIN}" y="${y}" fill="${colourOf(line)}" xml:space="preserve">${escapeXml(line)}</text>`;
});
writeFileSync(
  `${ROOT}docs/demo.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Output of the demo">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">
${texts.join("\n")}
</g>
</svg>
`,
);

function colourOf(line: string): string {
  if (line.startsWith("$")) return "#7ee787";
  if (/^ {2}answered/.test(line)) return "#ffa657";
  return /^\S/.test(line) ? "#e6edf3" : "#9da7b3";
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
