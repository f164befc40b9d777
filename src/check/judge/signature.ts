import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";

/** An Ed25519 key of a judge, fresh. */
export function createJudgeKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/** Base64url, without padding. */
export function signPayload(payload: string, privateKey: KeyObject): string {
  return sign(null, Buffer.from(CONTEXT + payload), privateKey).toString("base64url");
}

/** Never throws, whatever the signature is. */
export function isSignedBy(payload: string, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, "base64url");
  // One spelling for one signature: a second one would be a page that its judge did not send.
  return (
    bytes.length === SIGNATURE_BYTES &&
    bytes.toString("base64url") === signature &&
    verify(null, Buffer.from(CONTEXT + payload), publicKey, bytes)
  );
}

/** What else the key may sign some day cannot be taken for an answer. */
const CONTEXT = "goodgateway judge 1\n";
const SIGNATURE_BYTES = 64;

/** The key as a judge's URL carries it: `ed25519=` and the 32 bytes of RFC 8032 as base64url. */
export function formatJudgeKey(key: KeyObject): string {
  const { x } = createPublicOf(key).export({ format: "jwk" });
  return `${KEY_PREFIX}${x}`;
}

/** Null where the text is no such key. */
export function parseJudgeKey(text: string): KeyObject | null {
  const x = text.startsWith(KEY_PREFIX) ? text.slice(KEY_PREFIX.length) : "";
  if (!/^[A-Za-z0-9_-]{43}$/.test(x)) return null;
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return null;
  }
}

const KEY_PREFIX = "ed25519=";

/** The private key of a PEM file; null where it holds no Ed25519 one. */
export function parsePrivateKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

function createPublicOf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}
