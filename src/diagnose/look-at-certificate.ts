import type { TLSSocket } from "node:tls";
import type { CancelSignal } from "../net/cancellation.ts";
import { dial } from "../net/dial.ts";
import { startTls } from "../net/start-tls.ts";
import { type DiagnoseContext, dialOptions } from "./diagnose-context.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { targetOf } from "./target-of.ts";
import { cutTest, failed, passed } from "./test-result.ts";

/** Names of the certificate that the target shows, and who vouches for it. */
export async function lookAtCertificate(
  spec: TestSpec,
  { url }: Question,
  context: DiagnoseContext,
  signal: CancelSignal,
): Promise<TestResult> {
  const { clock, timeoutMs } = context;
  const target = targetOf(url);
  const deadline = clock.now() + timeoutMs;
  const tls = spec.sni ? ("unverified" as const) : false;
  const plan = { hops: [], target: { host: target.host, port: target.port, addresses: null, tls } };
  const dialled = await dial(plan, dialOptions(context, signal, deadline));
  const { ms } = dialled.report;
  if (dialled.kind !== "open") return dialled.kind === "failed" ? failed(spec, dialled.failure, target, ms) : cutTest(spec);
  if (spec.sni) {
    const words = tellCertificate(dialled.connection.socket as TLSSocket);
    dialled.connection.destroy();
    return { ...passed(spec), ms, words };
  }
  // An IP address is not sent as a name (RFC 6066 section 3).
  const options = {
    serverName: "0.0.0.0",
    insecure: true,
    timeoutMs: Math.max(1, deadline - clock.now()),
    alpn: [],
    ca: context.ca,
    signal,
  };
  const outcome = await startTls(dialled.connection.release(), options);
  if (!("socket" in outcome)) return { ...passed(spec), ms, words: "no TLS without the name either" };
  const words = tellCertificate(outcome.socket);
  outcome.socket.destroy();
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
