import { FAULTS } from "../core/fault-table.ts";
import type { Exit } from "../core/route.ts";
import { basicAuthorization } from "../wire/http-connect.ts";
import type { CheckedFault, CheckResult, Finding } from "./check-result.ts";

/** One of its proxies is given a password, which may come back in whatever that sends. */
export function hasPassword({ hops }: Exit): boolean {
  return hops.some(({ password }) => password !== null && password !== "");
}

/** A result without the passwords of its proxies, which one of them may have quoted in a field, a page, a redirect or a refusal. */
export function withoutPasswords(result: CheckResult, exit: Exit): CheckResult {
  const secrets = secretsOf(exit);
  const hide = (text: string) => secrets.reduce(hideOne, text);
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

/** In the forms in which it goes over the wire, and those in which a page may show it; the longest first. */
function secretsOf({ hops }: Exit): string[] {
  const forms = hops.flatMap(({ username, password }) => {
    if (password === null || password === "") return [];
    const inBase64 = username === null ? [] : [basicAuthorization({ username, password }).slice("Basic ".length)];
    return [
      password,
      encodeURIComponent(password),
      ...(password.length < TELLING_CHARS ? [] : [Buffer.from(password).toString("base64"), Buffer.from(password).toString("hex")]),
      ...inBase64,
    ];
  });
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

const HIDDEN = "***";
/** Shorter ones are hidden as words of their own alone, and in quotes: every text holds an `a`. */
const TELLING_CHARS = 4;
/** The end of what was cut: of a value, and of words. */
const CUTS: readonly string[] = ["'...", '..."'];
/** What somebody else said, in a sentence of ours: values as bytes, and words. */
const QUOTED = /(?<!\w)(?:'(?:[^'\\]|\\.)*'|"[^"]*")/g;
/** A version is one word. */
const WORDS = /([\w-]+(?:\.[\w-]+)*)/;

function hideOne(text: string, secret: string): string {
  if (isUsual(secret)) return text.replace(QUOTED, (quoted) => hideWord(quoted, secret));
  const whole = text.replaceAll(secret, HIDDEN);
  for (let chars = secret.length - 1; chars >= TELLING_CHARS; chars--) {
    for (const end of CUTS) {
      const cut = secret.slice(0, chars) + end;
      if (whole.includes(cut)) return whole.replaceAll(cut, HIDDEN + end);
    }
  }
  return whole;
}

function hideWord(text: string, secret: string): string {
  const words = text.split(WORDS);
  return words.map((word) => (word === secret ? HIDDEN : word)).join("");
}

/** Such as `1`, `8080` and `proxy`: sentences of ours have it, and would show by a gap what it is. */
function isUsual(secret: string): boolean {
  return secret.length < TELLING_CHARS || /^\d{1,5}$/.test(secret) || OWN_WORDS.has(secret.toLowerCase());
}

const OWN_WORDS: ReadonlySet<string> = new Set(
  JSON.stringify(FAULTS)
    .toLowerCase()
    .match(/[a-z]{4,}/g),
);
