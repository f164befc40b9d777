/** What a part of the benchmark prints: a title, rows of cells, and remarks below. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly remarks: readonly string[];
  /** What must not be: any of these fails the run. */
  readonly failures?: readonly string[];
}

/** For a terminal: aligned, the first column to the left, numbers to the right. */
export function formatText({ title, columns, rows, remarks }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
  const lines = [columns, ...rows].map((cells) => line(cells).join("  ").trimEnd());
  return [title, "", ...lines, ...remarks.map((remark) => `* ${remark}`), ""].join("\n");
}

/** For docs/benchmarks.md. */
export function formatMarkdown({ title, columns, rows, remarks }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_, i) => (i === 0 ? "---" : "---:"));
  return [`## ${title}`, "", ...[columns, rule, ...rows].map(line), "", ...remarks.map((remark) => `- ${remark}`), ""].join("\n");
}
