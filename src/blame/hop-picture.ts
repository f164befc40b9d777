/** A place on the way of a request, as it is drawn. */
export interface PictureHop {
  readonly name: string;
  /** Below its name: an address, a product; empty: nothing. */
  readonly note: string;
}

/** The way between two of them. */
export interface PictureLeg {
  /** `ok`: the answer came over it; `broke`: it broke here; `unseen`: nothing shows what happened beyond. */
  readonly state: "ok" | "broke" | "unseen";
  /** On the leg: a time, a status; empty: nothing. */
  readonly label: string;
}

/** The way of a request from left to right: a leg lies between each two hops. */
export interface HopPicture {
  readonly hops: readonly PictureHop[];
  readonly legs: readonly PictureLeg[];
}

const ARROWS: Readonly<Record<PictureLeg["state"], readonly [line: string, end: string]>> = {
  ok: ["─", ">"],
  broke: ["─", "✗"],
  unseen: ["·", " "],
};
const LEG_CHARS_MIN = 5;

/**
 * Draws it as two lines of text, and where those would be wider than `widthMax` characters goes on below:
 *
 *     client ── 3 ms ─✗ exit de-7          · · · site.example
 *                       192.0.2.10:8080
 */
export function drawHops({ hops, legs }: HopPicture, widthMax: number = Number.POSITIVE_INFINITY): string {
  const lines: string[] = [];
  let [upper, lower] = ["", ""];
  const endLine = () => lines.push(upper, ...(lower === "" ? [] : [lower]));
  for (const [index, { name, note }] of hops.entries()) {
    const leg = legs[index - 1];
    const way = leg === undefined ? "" : `${drawLeg(leg)} `;
    let start = index === 0 ? 0 : Math.max(upper.length, lower.length) + 1;
    if (index > 0 && start + way.length + Math.max(name.length, note.length) > widthMax) {
      endLine();
      [upper, lower, start] = ["", "", LOWER_INDENT_CHARS];
    }
    upper = upper.padEnd(start) + way;
    lower = note === "" ? lower : lower.padEnd(upper.length) + note;
    upper += name;
  }
  endLine();
  return lines.join("\n");
}

const LOWER_INDENT_CHARS = 2;

function drawLeg({ state, label }: PictureLeg): string {
  const [line, end] = ARROWS[state];
  const middle = label === "" ? line.repeat(LEG_CHARS_MIN) : `${line}${line} ${label} ${line}`;
  return `${middle}${end}`;
}
