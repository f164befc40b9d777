/**
 * What some vendors have behind the password, as IPRoyal and Evomi: `s3cret_country-de_session-a1b2c3d4_lifetime-10m`. It is no secret, and
 * names one exit of the many that share a user name. Empty: there is none.
 */
export function passwordParams(password: string): string {
  let at = password.length;
  let paramsAt = at;
  for (;;) {
    const from = password.lastIndexOf("_", at - 1);
    const piece = password.slice(from + 1, at);
    if (from <= 0 || !PARAM.test(piece)) return password.slice(paramsAt);
    if (KNOWN.test(piece)) paramsAt = from;
    at = from;
  }
}

const PARAM = /^[a-z\d]+-[A-Za-z0-9.,-]+$/;
/** A word of theirs, so that a secret with a `_` and a `-` in it is not taken for one. What stands behind one is another. */
const KNOWN =
  /^(?:continent|country|region|state|city|zip|asn|isp|session|hardsession|lifetime|streaming|skipispstatic|forcerandom|skipipslist|mode|device|latency|fraudscore)-/;
