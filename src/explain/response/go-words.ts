import type { FaultId } from "../../core/fault.ts";
import { FAULTS } from "../../core/fault-table.ts";
import { faultOfGoError } from "../log/go-errors.ts";
import { WITHOUT_PROXY, type WordsReading } from "./words-reading.ts";

/** How programs in Go (Docker, kubectl, Terraform, gRPC) begin what they say of a request. */
const OF_A_REQUEST = /\b(?:Get|Head|Post|Put|Patch|Delete|Options) "https?:\/\/[^"]*": (.*)|\brpc error: code = \w+ desc = (.*)/;

/** What a client made with Go's net/http says; null: the line is about something else. */
export function readGoWords(line: string): WordsReading | null {
  const [, ofHttp, ofRpc] = OF_A_REQUEST.exec(line) ?? [];
  const words = ofHttp ?? ofRpc;
  const fault = words === undefined ? null : faultOfGoError(words);
  if (fault === null || !Object.hasOwn(FAULTS, fault)) return null;
  const { summary } = FAULTS[fault as FaultId];
  return {
    fault: fault as FaultId,
    culprit: null,
    confidence: 0.6,
    summary: summary.replace(/\bhop\b/g, "server"),
    next: WITHOUT_PROXY,
  };
}
