import { type Fault, FaultError } from "../../core/fault.ts";
import type { ResponseTolerances } from "../../core/settings.ts";
import { COLON, CR, isSpace, LF, SP, TOKEN_BYTES, VALUE_BYTES } from "./characters.ts";
import type { HeadRole, ReadHead, SectionLimits } from "./head-role.ts";
import { isFraming } from "./known-field.ts";
import { findLineEnd, holdsBareCr } from "./line-end.ts";
import { type OddField, readOddField } from "./odd-field.ts";
import { PartialLine } from "./partial-line.ts";
import { usualWord } from "./usual-words.ts";

// Rules of this file:
// - A head is read line by line, each as soon as its LF is there; only the last, unfinished line is kept as bytes.
// - For each line, its size is judged first and its content second, so that no cutting of the stream changes the fault.
// - The loop of `#readLines` takes well-formed field lines only; all others take the slow and exact way of `#readOddLine`.

/** Longer chunks are searched for the head's end before they are made text, so that no body is. */
const TEXT_BYTES = 4096;
const HEAD_END = Buffer.from("\r\n\r\n", "latin1");
/** How much of a line that is too long is looked at for its name. */
const NAME_BYTES = 256;
const EXPECTS_START = 0;
const EXPECTS_FIELDS = 1;
const ENDED = 2;

/** Reads start line and fields, RFC 9112 sections 2.2 and 5, of one head after another. */
export class HeadReader<Start> {
  readonly #role: HeadRole<Start>;
  readonly #limits: SectionLimits;
  readonly #tolerances: ResponseTolerances;
  readonly #partial = new PartialLine();
  readonly #firstState: number;
  #state: number;
  #start: Start | null = null;
  #fields: string[] = [];
  #tolerated: string[] = [];
  #skippedEmptyLine = false;
  /** Size of the lines that were read. */
  #bytes = 0;
  /** Where the last field began, which a folded line continues. */
  #fieldStart = 0;
  #lines: string | null = null;

  constructor(role: HeadRole<Start>, limits: SectionLimits, tolerances: ResponseTolerances) {
    this.#role = role;
    this.#limits = limits;
    this.#tolerances = tolerances;
    this.#firstState = role.parseStart === null ? EXPECTS_FIELDS : EXPECTS_START;
    this.#state = this.#firstState;
  }

  /** Bytes of the unfinished head that have come. */
  get buffered(): number {
    return this.#bytes + this.#partial.length;
  }

  /** Takes chunk[offset…]; the index behind the head's last byte once it is complete, else -1. Throws FaultError. */
  push(chunk: Buffer, offset = 0): number {
    let from = offset;
    if (this.#partial.length > 0) {
      const lineEnd = chunk.indexOf(LF, from) + 1;
      const line = this.#partial.append(chunk, from, lineEnd === 0 ? chunk.length : lineEnd);
      if (lineEnd === 0 && !holdsBareCr(line)) {
        this.#checkPartial(line, 0, line.length);
        return -1;
      }
      this.#partial.clear();
      this.#readLines(line, 0, line.length); // throws where there is no line end, but a bare CR
      if (this.#state === ENDED) return lineEnd;
      from = lineEnd;
    }
    const to = this.#textEnd(chunk, from);
    const end = this.#readLines(chunk, from, to);
    if (this.#state === ENDED) return end;
    if (end < to) {
      this.#checkPartial(chunk, end, to);
      this.#partial.append(chunk, end, to);
    }
    return -1;
  }

  /** The field lines of the head that was taken last as they came, where all are `Name: value` and came in one chunk; else null. */
  get lines(): string | null {
    return this.#lines;
  }

  /** Hands over the head that is complete, and makes ready for the next. */
  take(): ReadHead<Start> {
    const head = { start: this.#start, fields: this.#fields, tolerated: this.#tolerated, bytes: this.#bytes };
    this.#state = this.#firstState;
    this.#start = null;
    this.#fields = [];
    if (this.#tolerated.length > 0) this.#tolerated = [];
    this.#skippedEmptyLine = false;
    this.#bytes = 0;
    return head;
  }

  /** How far the chunk may be made text: to the head's end in a long one, and never beyond the first byte that is over the limit. */
  #textEnd(chunk: Buffer, from: number): number {
    const last = Math.min(chunk.length, from + this.#limits.headBytes - this.#bytes + 3);
    if (last - from <= TEXT_BYTES) return last;
    const end = chunk.indexOf(HEAD_END, from);
    return end < 0 ? last : Math.min(last, end + HEAD_END.length);
  }

  /** Reads the complete lines of bytes[from, to); the index behind the last one. */
  #readLines(bytes: Buffer, from: number, to: number): number {
    if (from === to) return to;
    const text = bytes.toString("latin1", from, to);
    let at = from;
    if (this.#state === EXPECTS_START) {
      at += this.#skipEmptyLine(bytes, at, to);
      at += this.#readStart(bytes, text, at, from, to);
      if (this.#state === EXPECTS_START) return at;
    }
    const origin = this.#bytes - at; // an index plus this is the number of bytes since the head's start
    const { fieldBytes, headBytes } = this.#limits;
    const fields = this.#fields;
    const fieldsEnd = 2 * this.#limits.fields;
    const linesFrom = at - from;
    let usual = fields.length === 0;
    while (at < to) {
      let colon = at;
      while (TOKEN_BYTES[bytes[colon] as number] === 1) colon++;
      const value = bytes[colon + 1] === SP ? colon + 2 : colon + 1;
      let end = value;
      while (VALUE_BYTES[bytes[end] as number] === 1) end++;
      const next = end + 2;
      const whole = next <= to && colon > at && bytes[colon] === COLON && bytes[end] === CR && bytes[end + 1] === LF;
      const plain = whole && !isSpace(bytes[value]) && !isSpace(bytes[end - 1]);
      if (plain && end - at <= fieldBytes && origin + next <= headBytes && fields.length < fieldsEnd) {
        fields.push(usualWord(bytes, at, colon) ?? text.slice(at - from, colon - from), text.slice(value - from, end - from));
        this.#fieldStart = origin + at;
        at = next;
        usual &&= value === colon + 2;
        continue;
      }
      const size = this.#readOddLine(text, at - from, origin + at);
      if (this.#state === ENDED) this.#lines = usual ? text.slice(linesFrom, at - from) : null;
      usual = false;
      at += size;
      if (size === 0 || this.#state === ENDED) break;
    }
    this.#bytes = origin + at;
    return at;
  }

  /** The size of an empty line that is skipped here, else 0. It does not count as part of the head. */
  #skipEmptyLine(bytes: Buffer, at: number, to: number): number {
    if (!this.#role.skipsEmptyLine || this.#skippedEmptyLine || at + 2 > to || bytes[at] !== CR || bytes[at + 1] !== LF) return 0;
    this.#skippedEmptyLine = true;
    return 2;
  }

  /** Reads the start line at `at`; its size, 0 where it is not complete. */
  #readStart(bytes: Buffer, text: string, at: number, from: number, to: number): number {
    const { parseStart } = this.#role;
    if (at === to || parseStart === null || !this.#role.checkStart(bytes, at, to)) return 0;
    const begin = at - from;
    const end = findLineEnd(text, begin);
    if (end === null) return 0;
    const line = text.slice(begin, end.content);
    const size = end.next - begin;
    this.#checkSize("", 0, line.length, size);
    if (end.kind !== "crlf") this.#judgeLineEnd(end.kind, (reason) => this.#role.badStart(reason));
    this.#start = parseStart(line, bytes, at);
    this.#state = EXPECTS_FIELDS;
    this.#bytes = size;
    return size;
  }

  /** Reads a line that the fast way did not take: the empty one, one over a limit, one to tolerate or refuse. Its size, 0 where not complete. */
  #readOddLine(text: string, at: number, offset: number): number {
    const end = findLineEnd(text, at);
    if (end === null) return 0;
    const line = text.slice(at, end.content);
    const size = end.next - at;
    this.#checkSize(line, offset, offset + line.length, offset + size);
    if (end.kind !== "crlf") this.#judgeLineEnd(end.kind, (reason) => this.#badField(reason, line, offset, line.length));
    if (line === "") this.#state = ENDED;
    else this.#addOddField(line, offset);
    return size;
  }

  #addOddField(line: string, offset: number): void {
    const folded = isSpace(line.charCodeAt(0));
    if (!folded && this.#fields.length >= 2 * this.#limits.fields) throw new FaultError(this.#role.manyFields(this.#limits.fields));
    const odd = readOddField(line);
    if ("reason" in odd) throw new FaultError(this.#badField(odd.reason, line, offset, odd.at));
    if (folded) {
      this.#unfold(odd, line, offset);
      return;
    }
    const { name, value } = odd;
    if (this.#role.refusesSpaceInFraming && isFraming(name) && line !== `${name}:${value}` && line !== `${name}: ${value}`) {
      throw new FaultError(this.#badField("there is odd space around the value", line, offset, name.length + 1));
    }
    if (odd.spaceBeforeColon) {
      this.#tolerate("spaceBeforeColon", () => this.#badField("there is a space before the colon", line, offset, name.length));
    }
    this.#fields.push(name, value);
    this.#fieldStart = offset;
  }

  /** RFC 9112 5.2: a folded line continues the field before it, after a space. */
  #unfold(odd: OddField, line: string, offset: number): void {
    const last = this.#fields.length - 1;
    if (last < 0) throw new FaultError(this.#badField("there is a space before the first field", line, offset, 0));
    this.#tolerate("obsFold", () => this.#badField("a field continues on the next line (obs-fold)", line, offset, 0));
    this.#fields[last] = `${this.#fields[last]} ${odd.value}`.trim();
  }

  /** Judges the size of a line whose end has not come; its last byte may be the CR of that end. */
  #checkPartial(bytes: Buffer, from: number, to: number): void {
    const starts = this.#state === EXPECTS_START;
    if (starts && !this.#role.checkStart(bytes, from, to)) return;
    const known = starts ? "" : bytes.toString("latin1", from, Math.min(to, from + NAME_BYTES));
    this.#checkSize(known, this.#bytes, this.#bytes + (to - from) - 1, this.#bytes + (to - from));
  }

  /**
   * Throws where the line that begins at `offset` and whose content ends at `contentEnd` is over its limit, or the head over its own at `end`.
   * Where both are, that counts which a peer that sends byte by byte would have met first. `line` may be the line's beginning alone.
   */
  #checkSize(line: string, offset: number, contentEnd: number, end: number): void {
    const { lineBytes, fieldBytes, headBytes } = this.#limits;
    const starts = this.#state === EXPECTS_START;
    const continues = this.#tolerances.obsFold && this.#fields.length > 0 && isSpace(line.charCodeAt(0));
    const from = continues ? this.#fieldStart : offset;
    const limit = starts ? lineBytes : fieldBytes;
    const over = contentEnd - from > limit;
    if (!over && end <= headBytes) return;
    if (!over || from + limit >= headBytes) throw new FaultError(this.#role.largeHead(end, headBytes, this.#fields));
    if (starts) throw new FaultError(this.#role.longStart(limit));
    const name = continues ? (this.#fields.at(-2) ?? "") : nameIn(line);
    throw new FaultError(this.#role.longField(name, contentEnd - from, limit));
  }

  #badField(reason: string, line: string, offset: number, at: number): Fault {
    const name = isSpace(line.charCodeAt(0)) ? (this.#fields.at(-2) ?? "") : nameIn(line);
    return this.#role.badField({ reason, name, offset: offset + at, line });
  }

  #judgeLineEnd(kind: "lf" | "cr", refusal: (reason: string) => Fault): void {
    if (kind === "cr") throw new FaultError(refusal("a CR stands without LF"));
    this.#tolerate("bareLf", () => refusal("a line ends with LF alone"));
  }

  #tolerate(name: keyof ResponseTolerances, refusal: () => Fault): void {
    if (!this.#tolerances[name]) throw new FaultError(refusal());
    if (!this.#tolerated.includes(name)) this.#tolerated.push(name);
  }
}

/** What stands before the colon, without space; empty where there is none. */
function nameIn(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(":"))).trimEnd();
}
