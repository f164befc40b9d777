import { generateKeyPairSync } from "node:crypto";
import { certify, exportKey, extension, type Identity, keyIdOf, type LeafOptions, leafExtensions, validity } from "../net/certificate.ts";
import { bitString, bool, octetString, sequence } from "../wire/der.ts";

/** A certificate authority that exists only as long as the process. */
export interface LabAuthority {
  /** PEM: what a client of the lab has to trust. */
  readonly cert: string;
  issue(leaf: LeafOptions): Identity;
}

/** Makes an authority with a fresh EC P-256 key. */
export function createAuthority(commonName = "Good Gateway lab authority"): LabAuthority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { commonName, key: privateKey };
  const keyId = keyIdOf(publicKey);
  const cert = certify({ issuer, commonName, publicKey, extensions: authorityExtensions(keyId), ...validity({}) });
  return {
    cert,
    issue(leaf) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const extensions = leafExtensions(leaf, keyId);
      return {
        cert: certify({ issuer, commonName: leaf.names[0], publicKey: pair.publicKey, extensions, ...validity(leaf) }),
        key: exportKey(pair.privateKey),
      };
    },
  };
}

function authorityExtensions(keyId: Buffer): Buffer[] {
  return [
    extension("2.5.29.19", sequence(bool(true)), "critical"), // basicConstraints: cA
    extension("2.5.29.15", bitString(Buffer.of(0b0000_0110), 1), "critical"), // keyUsage: keyCertSign, cRLSign
    extension("2.5.29.14", octetString(keyId)), // subjectKeyIdentifier
  ];
}
