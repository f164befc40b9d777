import type { Fault } from "../../core/fault.ts";
import type { RawFields } from "../../core/message.ts";
import type { MessageLimits } from "../../core/settings.ts";

/** The limits of a section that a reader enforces. */
export type SectionLimits = Pick<MessageLimits, "lineBytes" | "fieldBytes" | "headBytes" | "fields">;

/** What is wrong with a field line. */
export interface FieldProblem {
  readonly reason: string;
  /** The field's name as far as it can be told, else empty. */
  readonly name: string;
  /** Bytes from the start of the section to the offence. */
  readonly offset: number;
  /** The whole line, without its end. */
  readonly line: string;
}

/** How requests, responses and trailer sections differ: their start line, and what to call a problem. */
export interface HeadRole<Start> {
  /** An empty line before the start line is skipped, once. */
  readonly skipsEmptyLine: boolean;
  /** Space around the value of a framing field, but for one before it, is refused: recipients differ in what they cut off. */
  readonly refusesSpaceInFraming: boolean;
  /** Looks at the first bytes, before a line is complete. False: they are too few to say. Throws where no head can begin so. */
  checkStart(bytes: Buffer, from: number, to: number): boolean;
  /** Parses the start line, given without its end, which is also bytes[at…]; null where the section has none. Throws. */
  readonly parseStart: ((line: string, bytes: Buffer, at: number) => Start) | null;
  badStart(reason: string): Fault;
  longStart(limit: number): Fault;
  longField(name: string, size: number, limit: number): Fault;
  largeHead(size: number, limit: number, fields: RawFields): Fault;
  manyFields(limit: number): Fault;
  badField(problem: FieldProblem): Fault;
}

/** What a reader hands over once a head is complete. */
export interface ReadHead<Start> {
  /** Null where the section has no start line. */
  readonly start: Start | null;
  readonly fields: string[];
  readonly tolerated: string[];
  readonly bytes: number;
}
