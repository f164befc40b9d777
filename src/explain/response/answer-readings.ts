import { WITHOUT_PROXY, type WordsReading } from "./words-reading.ts";

/** What clients say in words of their own, and in such that they share. */
export const NO_ANSWER: WordsReading = {
  fault: "head.closed_empty",
  culprit: null,
  confidence: 0.6,
  summary: "The connection was closed before a byte of an answer came.",
  next: "Once: a kept connection that was closed in the same moment; try again. Each time: the wrong protocol on that port, or a crash behind it.",
};

export const RESET: WordsReading = {
  fault: "head.reset",
  culprit: null,
  confidence: 0.5,
  summary: "The connection was reset before the answer was complete.",
  next: WITHOUT_PROXY,
};

export const TRUNCATED: WordsReading = {
  fault: "body.truncated",
  culprit: null,
  confidence: 0.7,
  summary: "The answer broke off in the middle of its body.",
  next: "Try again through another exit. The same place each time: it is the site's, or its edge's buffer or disk is full.",
};
