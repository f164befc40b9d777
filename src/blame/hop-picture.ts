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
 * Draws it as two lines of text:
 *
 *     client ── 3 ms ─✗ exit de-7          · · · site.example
 *                       192.0.2.10:8080
 */
export function drawHops({ hops, legs }: HopPicture): string {
  let upper = "";
  let lower = "";
  for (const [index, { name, note }] of hops.entries()) {
    upper += name;
    lower = note === "" ? lower : `${lower.padEnd([...upper].length - [...name].length)}${note}`;
    const leg = legs[index];
    if (leg !== undefined) upper = `${upper.padEnd(Math.max([...upper].length, [...lower].length))} ${drawLeg(leg)} `;
  }
  return lower === "" ? upper : `${upper}\n${lower}`;
}

function drawLeg({ state, label }: PictureLeg): string {
  const [line, end] = ARROWS[state];
  const middle = label === "" ? line.repeat(LEG_CHARS_MIN) : `${line}${line} ${label} ${line}`;
  return `${middle}${end}`;
}
