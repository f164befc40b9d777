import type { HopPicture, PictureLeg } from "../blame/hop-picture.ts";
import { escapeHtml } from "./html-text.ts";

const CHAR_PX = 7.4;
const BOX_PX_MIN = 86;
const LEG_PX_MIN = 96;
/** Of a box, and above and below it, in pixels. */
const SIZE = { box: 54, above: 26, below: 14 };
/** Around a box, for its line. */
const MARGIN_PX = 2;
const HEIGHT = SIZE.above + SIZE.box + SIZE.below;

/**
 * The way of a request, as SVG whose colours the page's style gives; its text is the same as in the picture of text. Each leg stands with
 * the hop that it leads to, so that a narrow page breaks the way between two of them.
 */
export function drawPicture({ hops, legs }: HopPicture, title: string): string {
  const steps = hops.map(({ name, note }, index) => {
    const leg = legs[index - 1];
    return `<span class="step">${leg === undefined ? "" : drawLeg(leg)}${drawBox(name, note, leg !== undefined && leg.state !== "ok")}</span>`;
  });
  return `<div class="picture" role="img" aria-label="${escapeHtml(title)}">${steps.join("")}</div>`;
}

function drawBox(name: string, note: string, isLost: boolean): string {
  const width = Math.max(BOX_PX_MIN, Math.ceil(Math.max(name.length, note.length) * CHAR_PX) + 26);
  const middle = width / 2 + MARGIN_PX;
  const nameY = SIZE.above + (note === "" ? SIZE.box / 2 + 5 : 23);
  const lower = note === "" ? "" : `<text class="note" x="${middle}" y="${SIZE.above + 41}">${escapeHtml(note)}</text>`;
  const rect = `<rect x="${MARGIN_PX}" y="${SIZE.above}" width="${width}" height="${SIZE.box}" rx="9"/>`;
  return svg(
    width + 2 * MARGIN_PX,
    `<g class="${isLost ? "box lost" : "box"}">${rect}<text class="name" x="${middle}" y="${nameY}">${escapeHtml(name)}</text>${lower}</g>`,
  );
}

function drawLeg({ state, label }: PictureLeg): string {
  const length = Math.max(LEG_PX_MIN, Math.ceil(label.length * CHAR_PX) + 34);
  const y = SIZE.above + SIZE.box / 2;
  const [from, to, middle] = [6, length - 6, length / 2];
  const line = `<line x1="${from}" y1="${y}" x2="${state === "broke" ? to - 8 : to - 2}" y2="${y}"/>`;
  const arrow = `<path d="M${to - 8} ${y - 5} L${to} ${y} L${to - 8} ${y + 5}"/>`;
  const cross = `<path d="M${to - 11} ${y - 7} L${to + 1} ${y + 7} M${to + 1} ${y - 7} L${to - 11} ${y + 7}"/>`;
  const end = state === "ok" ? arrow : state === "broke" ? cross : "";
  const text = label === "" ? "" : `<text x="${middle}" y="${y - 12}">${escapeHtml(label)}</text>`;
  return svg(length, `<g class="leg ${state}">${line}${end}${text}</g>`);
}

function svg(width: number, content: string): string {
  return `<svg viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" aria-hidden="true">${content}</svg>`;
}
