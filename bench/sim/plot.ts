import type { Run } from "./report.ts";
import type { Tally } from "./tally.ts";

const COLUMNS = 2;
const PANEL_WIDTH = 440;
const PANEL_HEIGHT = 150;
const PLOT = { left: 46, top: 30, width: 380, height: 90 } as const;
const HEAD_HEIGHT = 40;
const COLOURS = ["#1a7f37", "#8250df", "#cf222e", "#9a6700"];

/** The share of requests to targets that are up which were served, over time: a panel for each scenario, a line for each policy. */
export function drawPlot(runs: readonly Run[]): string {
  const width = COLUMNS * PANEL_WIDTH;
  const height = HEAD_HEIGHT + Math.ceil(runs.length / COLUMNS) * PANEL_HEIGHT;
  const panels = runs.map((run, number) => {
    const x = (number % COLUMNS) * PANEL_WIDTH;
    const y = HEAD_HEIGHT + Math.floor(number / COLUMNS) * PANEL_HEIGHT;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(run)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Share of requests served over time">
<rect width="100%" height="100%" fill="#ffffff"/>
<g font-family="ui-sans-serif, system-ui, sans-serif" font-size="12" fill="#1f2328">
${drawLegend(Object.keys(runs[0]?.tallies ?? {}))}
${panels.join("\n")}
</g>
</svg>
`;
}

function drawLegend(policies: readonly string[]): string {
  return policies
    .map((policy, number) => {
      const x = PLOT.left + number * 150;
      return `<rect x="${x}" y="16" width="18" height="4" fill="${COLOURS[number]}"/><text x="${x + 24}" y="22">${policy}</text>`;
    })
    .join("\n");
}

function drawPanel({ scenario, tallies }: Run): string {
  const lines = Object.values(tallies).map((each) => sharesOf(each));
  const least = Math.min(...lines.flat());
  // Each panel starts at a round number below its worst moment, so that small losses show too.
  const floor = least >= 0.95 ? 0.95 : Math.max(0, Math.floor(least * 5) / 5);
  const at = (share: number) => PLOT.top + PLOT.height * (1 - (share - floor) / (1 - floor));
  const curves = lines.map((shares, number) => {
    const points = shares.map((share, slot) => `${round(PLOT.left + (PLOT.width * (slot + 0.5)) / shares.length)},${round(at(share))}`);
    return `<polyline fill="none" stroke="${COLOURS[number]}" stroke-width="${number === 0 ? 2 : 1.2}" points="${points.join(" ")}"/>`;
  });
  const bottom = PLOT.top + PLOT.height;
  return [
    `<text x="${PLOT.left}" y="${PLOT.top - 8}" font-weight="600">${scenario.name}</text>`,
    `<rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.width}" height="${PLOT.height}" fill="none" stroke="#d0d7de"/>`,
    `<text x="${PLOT.left - 6}" y="${PLOT.top + 5}" text-anchor="end" font-size="10">100 %</text>`,
    `<text x="${PLOT.left - 6}" y="${bottom + 3}" text-anchor="end" font-size="10">${Math.round(100 * floor)} %</text>`,
    `<text x="${PLOT.left + PLOT.width}" y="${bottom + 14}" text-anchor="end" font-size="10">${scenario.seconds} s</text>`,
    // Ours on top.
    ...curves.toReversed(),
  ].join("\n");
}

/** Three slots at a time: one alone holds too few requests. */
function sharesOf(tallies: readonly Tally[]): number[] {
  const slots = tallies[0]?.slots.length ?? 0;
  return Array.from({ length: slots }, (_, slot) => {
    let served = 0;
    let of = 0;
    for (const tally of tallies) {
      for (const near of tally.slots.slice(Math.max(0, slot - 1), slot + 2)) {
        served += near.served;
        of += near.of;
      }
    }
    return of === 0 ? 1 : served / of;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
