import assert from "node:assert/strict";
import { test } from "node:test";
import { createSecureContext } from "node:tls";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { afterBytes, fin } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabServer, LabTls } from "../../src/lab/lab-server.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { type BadTls, badTls } from "../../src/lab/tls-trouble.ts";
import { context, diagnosisOf } from "./diagnosing.ts";

const NAME = "site.lab";
const AUTHORITY = createAuthority("Lab CA");
const own = { ...context, ca: [AUTHORITY.cert], names: null, resolver: fakeResolver({ [NAME]: ["127.0.0.1"] }) };

function secured(site: LabServer, via: Parameters<typeof diagnosisOf>[1] = []): Promise<Diagnosis> {
  return diagnosisOf(site, via, { url: new URL(`https://${NAME}:${site.port}/`) }, own);
}

/** What the target showed with its name in the ClientHello, and without. */
function certificatesOf({ tests }: Diagnosis): readonly (string | undefined)[] {
  const shown = tests.filter(({ spec }) => spec.part === "certificate");
  return [true, false].map((sni) => shown.find(({ spec }) => spec.sni === sni)?.words);
}

test("a site whose certificate is as it should be has no fault, and nobody looks at it again", async () => {
  await using site = await startSite(AUTHORITY.issue({ names: [NAME] }));
  const diagnosis = await secured(site);
  assert.equal(diagnosis.verdict.fault, null);
  assert.deepEqual(certificatesOf(diagnosis), [undefined, undefined]);
});

test("a certificate that cannot be accepted is the site's, and told with its names, its issuer and its dates", async () => {
  const bad = badTls(AUTHORITY, NAME);
  for (const [kind, fault, names, issuer] of [
    ["expired", "tls.cert_expired", NAME, "Lab CA"],
    ["notYetValid", "tls.cert_not_yet_valid", NAME, "Lab CA"],
    ["wrongName", "tls.cert_name_mismatch", "elsewhere.lab", "Lab CA"],
    ["selfSigned", "tls.cert_untrusted", NAME, NAME],
  ] satisfies [BadTls, string, string, string][]) {
    await using site = await startSite(bad[kind]);
    const diagnosis = await secured(site);
    const { verdict } = diagnosis;
    assert.deepEqual([kind, verdict.fault, verdict.culprit, verdict.stage], [kind, fault, "origin", "tls"]);
    const told = new RegExp(`^for ${names}, by CN=${issuer}, valid \\w+ +\\d+ .* to \\w+ +\\d+ .* GMT`);
    for (const words of certificatesOf(diagnosis)) assert.match(words ?? "", told);
  }
});

test("an https:// exit whose own certificate cannot be accepted is told with its names and dates, also in a chain", async () => {
  await using site = await startSite();
  await using before = await startHttpExit();
  for (const [kind, fault, whose] of [
    ["expired", "tls.cert_expired", "exit"],
    ["wrongName", "tls.cert_name_mismatch", "exit"],
    ["selfSigned", "tls.cert_untrusted", "exit"],
  ] satisfies [BadTls, string, string][]) {
    await using exit = await startHttpExit({ tls: badTls(AUTHORITY, NAME)[kind] });
    const secure = exitAt({ host: NAME, port: exit.port }, "https");
    const chained = { ...secure, hops: [...exitAt(before).hops, ...exitAt({ host: "127.0.0.1", port: exit.port }, "https").hops] };
    for (const via of [secure, chained]) {
      const { verdict, tests } = await diagnosisOf(site, [via], {}, own);
      assert.deepEqual([verdict.culprit, verdict.hop, verdict.stage], [whose, via.hops.length, "tls"]);
      if (via === secure) assert.equal(verdict.fault, fault);
      const told = new RegExp(`^for ${kind === "wrongName" ? "elsewhere.lab" : NAME}, by CN=.*, valid \\w+ +\\d+ .* to \\w+ +\\d+ .* GMT`);
      assert.match(tests.find(({ spec }) => spec.part === "certificate")?.words ?? "", told);
      assert.match(verdict.fix.operator, /^The certificate is for .*, valid .* GMT/);
    }
  }
});

test("a site that shows another certificate to those who do not name it is looked at both ways", async () => {
  const named = badTls(AUTHORITY, NAME).expired;
  const tls: LabTls = {
    ...AUTHORITY.issue({ names: ["default.lab"] }),
    SNICallback: (name, done) => done(null, name === NAME ? createSecureContext(named) : undefined),
  };
  await using site = await startSite(tls);
  const diagnosis = await secured(site);
  assert.equal(diagnosis.verdict.fault, "tls.cert_expired");
  const [withName, withoutName] = certificatesOf(diagnosis);
  assert.match(withName ?? "", /^for site\.lab, /);
  assert.match(withoutName ?? "", /^for default\.lab, /);
});

test("a port that speaks no TLS shows no certificate either way", async () => {
  await using site = await startLabServer(afterBytes(fin));
  const diagnosis = await secured(site);
  assert.deepEqual([diagnosis.verdict.fault, diagnosis.verdict.culprit], ["tls.closed_in_handshake", "origin"]);
  const certificates = diagnosis.tests.filter(({ spec }) => spec.part === "certificate");
  const told = certificates.map(({ outcome, attributed }) => [outcome, attributed?.fault.id]);
  assert.deepEqual(told, Array(2).fill(["fault", "tls.closed_in_handshake"]));
});

test("a certificate that an exit alone shows in the site's place is the exit's", async () => {
  await using site = await startSite(AUTHORITY.issue({ names: [NAME] }));
  await using impostor = await startSite(createAuthority("Interceptor").issue({ names: [NAME] }));
  await using exit = await startHttpExit({ reach: { [NAME]: impostor } });
  const { verdict } = await secured(site, [exitAt(exit)]);
  assert.deepEqual([verdict.fault, verdict.culprit, verdict.hop], ["tls.cert_untrusted", "exit", 1]);
  assert.ok(verdict.evidence.some((line) => line.startsWith("direct: works")));
  assert.match(verdict.summary, /TLS is intercepted/);
  assert.match(verdict.fix.client, /^Use another exit: whoever holds that certificate reads all/);
});
