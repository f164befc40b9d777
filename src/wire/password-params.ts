/**
 * What some vendors have behind the password, as IPRoyal and Evomi: `s3cret_country-de_session-a1b2c3d4_lifetime-10m`. It is no secret, and
 * names one exit of the many that share a user name. Empty: there is none.
 */
export function passwordParams(password: string): string {
  let at = password.length;
  for (;;) {
    const from = password.lastIndexOf("_", at - 1);
    if (from <= 0 || !PARAM.test(password.slice(from + 1, at))) return password.slice(at);
    at = from;
  }
}

/** A word of theirs, so that a secret with a `_` and a `-` in it is not taken for one. */
const PARAM =
  /^(?:continent|country|region|state|city|zip|asn|isp|session|hardsession|lifetime|streaming|skipispstatic|forcerandom|skipipslist|mode|device|latency|fraudscore)-[A-Za-z0-9.,-]+$/;
