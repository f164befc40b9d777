import type { HopPicture, PictureLeg } from "../blame/hop-picture.ts";
import { escapeHtml } from "./html-text.ts";

const CHAR_PX = 7.4;
const BOX_PX_MIN = 86;
const LEG_PX_MIN = 96;
/** Of a box, and above and below it, in pixels. */
const SIZE = { box: 54, above: 26, below: 14 };
const HEIGHT = SIZE.above + SIZE.box + SIZE.below;

/** The way of a request as SVG, whose colours the page's style gives; its text is the same as in the picture of text. */
export function drawPicture({ hops, legs }: HopPicture, title: string): string {
  const parts: string[] = [];
  let x = 2;
  for (const [index, { name, note }] of hops.entries()) {
    const width = Math.max(BOX_PX_MIN, Math.ceil(Math.max(name.length, note.length) * CHAR_PX) + 26);
    const isLost = index > 0 && legs[index - 1]?.state !== "ok";
    parts.push(drawBox(name, note, { x, width, isLost }));
    x += width;
    const leg = legs[index];
    if (leg === undefined) continue;
    const length = Math.max(LEG_PX_MIN, Math.ceil(leg.label.length * CHAR_PX) + 34);
    parts.push(drawLeg(leg, x, length));
    x += length;
  }
  const width = x + 2;
  return `<svg class="picture" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg>`;
}

function drawBox(name: string, note: string, { x, width, isLost }: { x: number; width: number; isLost: boolean }): string {
  const middle = x + width / 2;
  const nameY = SIZE.above + (note === "" ? SIZE.box / 2 + 5 : 23);
  const lower = note === "" ? "" : `<text class="note" x="${middle}" y="${SIZE.above + 41}">${escapeHtml(note)}</text>`;
  return `<g class="${isLost ? "box lost" : "box"}"><rect x="${x}" y="${SIZE.above}" width="${width}" height="${SIZE.box}" rx="9"/><text class="name" x="${middle}" y="${nameY}">${escapeHtml(name)}</text>${lower}</g>`;
}

function drawLeg({ state, label }: PictureLeg, x: number, length: number): string {
  const y = SIZE.above + SIZE.box / 2;
  const [from, to, middle] = [x + 6, x + length - 6, x + length / 2];
  const line = `<line x1="${from}" y1="${y}" x2="${state === "broke" ? to - 8 : to - 2}" y2="${y}"/>`;
  const arrow = `<path d="M${to - 8} ${y - 5} L${to} ${y} L${to - 8} ${y + 5}"/>`;
  const cross = `<path d="M${to - 11} ${y - 7} L${to + 1} ${y + 7} M${to + 1} ${y - 7} L${to - 11} ${y + 7}"/>`;
  const end = state === "ok" ? arrow : state === "broke" ? cross : "";
  const text = label === "" ? "" : `<text x="${middle}" y="${y - 12}">${escapeHtml(label)}</text>`;
  return `<g class="leg ${state}">${line}${end}${text}</g>`;
}
