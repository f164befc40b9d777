import { createSelfSigned } from "../net/certificate.ts";
import { afterBytes, afterHead, fin, says, silence } from "./behaviours.ts";
import type { LabAuthority } from "./certificates.ts";
import type { Behaviour, LabTls } from "./lab-server.ts";

/** Answers a ClientHello with a fatal alert (RFC 8446 section 6.2), as a TLS server does that will not have it. */
export function alerts(code: number): Behaviour {
  return afterBytes(says(Buffer.of(0x15, 3, 3, 0, 2, 2, code), fin));
}

/** Behind a TLS handshake that worked: takes a request and answers with a record that no key opens, as a bad middlebox would. */
export const corruptRecord: Behaviour = afterHead(async (peer) => {
  peer.wire.write(Buffer.concat([Buffer.of(0x17, 3, 3, 0, 32), Buffer.alloc(32, 0xa5)])); // beneath TLS
  await silence(peer);
});

export type BadTls = "expired" | "notYetValid" | "wrongName" | "selfSigned" | "wantsCertificate" | "onlyHttp2";

/** What a server can present, or demand, that a client which asks for `name` cannot accept. */
export function badTls(authority: LabAuthority, name: string): Readonly<Record<BadTls, LabTls>> {
  const names = [name] as const;
  return {
    expired: authority.issue({ names, notBefore: inDays(-40), notAfter: inDays(-10) }),
    notYetValid: authority.issue({ names, notBefore: inDays(10), notAfter: inDays(40) }),
    wrongName: authority.issue({ names: ["elsewhere.lab"] }),
    selfSigned: createSelfSigned({ names }),
    wantsCertificate: { ...authority.issue({ names }), ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    onlyHttp2: { ...authority.issue({ names }), ALPNProtocols: ["h2"] },
  };
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000);
}
