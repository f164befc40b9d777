import { nameOf } from "./by-name.ts";
import { isSocks } from "./contact.ts";
import { lookForDnsLies } from "./dns-lies.ts";
import { certificateLies, hostOf, seeCertificate } from "./judge-calls.ts";
import { type Measuring, turnOf } from "./measuring.ts";
import { noteReader, proveTalk } from "./plain-tunnel.ts";
import { Talk } from "./talk.ts";

/**
 * What a proxy does in a second scheme on its port, whose first answer is known: some lie in one of them alone. Abilities and times are those of the
 * first one; whether it opens what is encrypted in SOCKS is seen as it is asked by name.
 */
export async function proveSecondScheme(measuring: Measuring): Promise<void> {
  const { exit, findings, first } = measuring;
  if (isSocks(exit)) noteReader(findings, first);
  const talk = new Talk(measuring);
  await proveTalk(measuring, talk, first);
  if (!isSocks(exit)) {
    await lookForDnsLies(measuring, talk);
    await seeCertificates(measuring);
  }
  talk.end();
}

/** By its address, and by its name where it has one. */
async function seeCertificates(measuring: Measuring): Promise<void> {
  const { calls, exit, judge, findings } = measuring;
  if (judge.certificate === null) return;
  const address = hostOf(judge.url);
  const hosts = new Set([address, nameOf(judge) ?? address]);
  for (const host of hosts) {
    const seen = await seeCertificate(calls, exit, judge, host, turnOf(measuring));
    for (const lie of certificateLies(seen.certificate, judge)) findings.addLie(lie);
  }
}
