import type { Saying } from "./words-reading.ts";

const BOTH_WAYS = "openssl s_client -connect HOST:443 -servername HOST shows it; with -proxy PROXY what comes by that way.";

/** What clients say of a certificate that they do not take: asked before the words that all of them share. */
export const CERTIFICATE_SAYINGS: readonly Saying[] = [
  [
    /certificate (?:is not yet valid|has expired or is not yet valid: current time \S+ is before)|certificate not yet activated|CERT_NOT_YET_VALID|CertificateNotYetValid/i,
    {
      fault: "tls.cert_not_yet_valid",
      culprit: null,
      confidence: 0.7,
      summary: "A certificate is not valid yet: most often the clock of this machine is slow.",
      next: `Look at the clock first. ${BOTH_WAYS}`,
    },
  ],
  [
    /certificate(?: '[^']*')? (?:has )?expired|CERT_HAS_EXPIRED|CERT(?:IFICATE)?_EXPIRED|EXPIRED_CERTIFICATE|CertificateExpired|certificate.{0,80} NotAfter: |peer certificate: Expired|NotTimeValid/i,
    {
      fault: "tls.cert_expired",
      culprit: null,
      confidence: 0.8,
      summary:
        "A certificate has expired: the site's, or that of an https:// proxy; where all sites' have, the clock of this machine is wrong.",
      next: `Only who runs that server can renew it. ${BOTH_WAYS}`,
    },
  ],
  [
    /ERR_CERT_DATE_INVALID/,
    {
      fault: "tls.cert_expired",
      culprit: null,
      confidence: 0.6,
      summary: "A certificate has expired, or is not valid yet; where all sites' are so, the clock of this machine is wrong.",
      next: `Look at the clock first. ${BOTH_WAYS}`,
    },
  ],
  [
    /subject name matches target|does not match target host name|ERR_CERT_COMMON_NAME_INVALID|ALTNAME_INVALID|does not match certificate's altnames|[Hh]ostname mismatch|hostname '[^']*' doesn't match|x509: certificate is (?:not valid for any names|valid for )|cannot validate certificate for \S+ because it doesn't contain any IP SANs|No (?:subject alternative|name matching)|BAD_CERT_DOMAIN|RemoteCertificateNameMismatch|NotValidForName|no alternative certificate|no certificate subject alternative name/,
    {
      fault: "tls.cert_name_mismatch",
      culprit: null,
      confidence: 0.7,
      summary: "A certificate is for another name than that which was asked for.",
      next: `The wrong name or address in the URL, a server without this site, or a proxy that shows a page of its own. ${BOTH_WAYS}`,
    },
  ],
];
