import type { TLSSocket } from "node:tls";
import type { CancelSignal } from "../net/cancellation.ts";
import { dial } from "../net/dial.ts";
import { type DiagnoseContext, dialOptions } from "./diagnose-context.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { placeOf, targetOf } from "./target-of.ts";
import { failed, passed } from "./test-result.ts";

/** Names of the certificate that the target shows, or the last hop of the exit where there is one, and who vouches for it. */
export async function lookAtCertificate(
  spec: TestSpec,
  question: Question,
  context: DiagnoseContext,
  signal: CancelSignal,
): Promise<TestResult> {
  const target = targetOf(question.url);
  const tls = spec.sni ? ("unverified" as const) : ("unnamed" as const);
  const plan = { hops: spec.exit?.hops ?? [], target: spec.exit === null ? { ...placeOf(spec, question), tls } : null };
  const dialled = await dial(plan, dialOptions(context, signal, context.clock.now() + context.timeoutMs));
  if (dialled.kind === "loop") throw new Error("nothing is our own listener here");
  const { ms } = dialled.report;
  if (dialled.kind === "failed") return failed(spec, dialled.failure, target, ms);
  const words = tellCertificate(dialled.connection.socket as TLSSocket);
  dialled.connection.destroy();
  return { ...passed(spec), ms, words };
}

const NAMES_CHARS_MAX = 200;

function tellCertificate(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "no certificate";
  const names = (certificate.subjectAltName ?? certificate.subject).replaceAll("DNS:", "").replaceAll("\n", ", ");
  const alpn = typeof socket.alpnProtocol === "string" ? `, ALPN ${socket.alpnProtocol}` : "";
  return `for ${names.slice(0, NAMES_CHARS_MAX)}, by ${certificate.issuer.replaceAll("\n", ", ")}, valid ${certificate.validFrom} to ${certificate.validTo}${alpn}`;
}
