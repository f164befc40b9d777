import { QuotedPasswords } from "../blame/quoted-passwords.ts";
import type { Exit } from "../core/route.ts";
import type { CheckedFault, CheckResult, Finding } from "./check-result.ts";

/** A result without the passwords of its proxies, which one of them may have quoted in a field, a page, a redirect or a refusal. */
export function withoutPasswords(result: CheckResult, exit: Exit): CheckResult {
  const quoted = new QuotedPasswords(exit);
  const hide = (text: string) => quoted.hide(text);
  const { anonymity, honesty, target, can } = result;
  const hideFault = (fault: CheckedFault | null) => fault && { ...fault, details: hide(fault.details) };
  const hideFinding = (finding: Finding): Finding => ({ ...finding, details: hide(finding.details) });
  return {
    ...result,
    fault: hideFault(result.fault),
    tried: result.tried.map((one) => ({ ...one, fault: hideFault(one.fault) })),
    can: {
      http: hideFinding(can.http),
      https: hideFinding(can.https),
      connect: hideFinding(can.connect),
      connectOther: hideFinding(can.connectOther),
      ipv6: hideFinding(can.ipv6),
      remoteDns: hideFinding(can.remoteDns),
      keepAlive: hideFinding(can.keepAlive),
    },
    anonymity: { ...anonymity, evidence: anonymity.evidence.map(hide) },
    honesty: {
      ...honesty,
      lies: honesty.lies.map((lie) => ({ ...lie, details: hide(lie.details) })),
      evidence: honesty.evidence.map(hide),
    },
    target: target && { ...target, details: hide(target.details) },
    unverified: result.unverified.map(hide),
  };
}
