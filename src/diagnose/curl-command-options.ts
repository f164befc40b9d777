import { BadCommand } from "./curl-command-problem.ts";

/** An option of a command, by its long name. */
export interface CurlOption {
  readonly name: string;
  /** Empty: it takes none. */
  readonly value: string;
  /** `--no-NAME`. */
  readonly isOff: boolean;
}

/** Options in their order, and what is no option. */
export interface CurlArguments {
  readonly options: readonly CurlOption[];
  readonly urls: readonly string[];
  /** A further request, behind `--next`, was left out. */
  readonly hasNext: boolean;
}

/** How an option is dealt with. `silent`: it changes what curl prints or keeps, not what is sent; `left-out`: what it asks for cannot be done here. */
export type CurlOptionKind = "heeded" | "silent" | "left-out";

/**
 * Reads what stands behind `curl` as curl itself does: `-sSL`, `-XPOST`, `-d @file`, `--no-location`.
 *
 * @throws BadCommand
 */
export function readArguments(args: readonly string[]): CurlArguments {
  const options: CurlOption[] = [];
  const urls: string[] = [];
  const rest = [...args];
  let hasEnded = false;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (hasEnded || !arg.startsWith("-") || arg === "-") urls.push(arg);
    else if (arg === "--") hasEnded = true;
    else if (arg === "--next" || arg === "-:") return { options, urls, hasNext: true };
    else if (arg.startsWith("--")) options.push(readLong(arg.slice(2), rest));
    else options.push(...readShort(arg.slice(1), rest));
  }
  return { options: options.filter(({ name }) => name !== "url"), urls: [...urls, ...valuesOf(options, "url")], hasNext: false };
}

/** What is done about an option. */
export function kindOf(name: string): CurlOptionKind {
  if (HEEDED_FLAGS.has(name) || HEEDED_VALUES.has(name)) return "heeded";
  return SILENT_FLAGS.has(name) || SILENT_VALUES.has(name) ? "silent" : "left-out";
}

/** All values of an option, in order. */
export function valuesOf(options: readonly CurlOption[], name: string): string[] {
  return options.filter((option) => option.name === name).map(({ value }) => value);
}

function readLong(text: string, rest: string[]): CurlOption {
  const name = ALIASES[text] ?? text;
  if (takesValue(name)) return { name, value: valueFor(name, rest), isOff: false };
  if (isFlag(name)) return { name, value: "", isOff: false };
  const positive = text.replace(/^no-/, "");
  if (positive !== text && isFlag(positive)) return { name: positive, value: "", isOff: true };
  const [before = ""] = text.split("=");
  const hint = takesValue(before) ? `: curl wants "--${before} VALUE", without a "="` : "";
  throw new BadCommand(`curl has no option --${before.slice(0, NAME_CHARS_MAX)} that is known here${hint}`);
}

const NAME_CHARS_MAX = 40;

function* readShort(letters: string, rest: string[]): Generator<CurlOption> {
  for (let at = 0; at < letters.length; at++) {
    const name = SHORT[letters[at] as string];
    if (name === undefined) throw new BadCommand(`curl has no option -${letters[at]} that is known here`);
    if (!takesValue(name)) yield { name, value: "", isOff: false };
    else {
      const attached = letters.slice(at + 1);
      yield { name, value: attached === "" ? valueFor(name, rest) : attached, isOff: false };
      return;
    }
  }
}

function valueFor(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw new BadCommand(`--${name} of curl wants a value`);
  return value;
}

function takesValue(name: string): boolean {
  return HEEDED_VALUES.has(name) || SILENT_VALUES.has(name) || LEFT_OUT_VALUES.has(name);
}

function isFlag(name: string): boolean {
  return HEEDED_FLAGS.has(name) || SILENT_FLAGS.has(name) || LEFT_OUT_FLAGS.has(name);
}

function names(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(" ")));
}

const HEEDED_FLAGS = names(
  "get head insecure location location-trusted compressed ipv4 ipv6 proxy-insecure proxytunnel basic http1.1 proxy-basic socks5-basic",
);
const HEEDED_VALUES = names(
  "request header data data-raw data-ascii data-binary data-urlencode json form form-string upload-file url url-query user oauth2-bearer",
  "user-agent referer cookie range proxy proxy-user preproxy socks4 socks4a socks5 socks5-hostname noproxy resolve connect-to cacert",
  "max-time connect-timeout max-redirs proto-default",
);
const SILENT_FLAGS = names(
  "silent show-error verbose include fail fail-early fail-with-body progress-bar progress-meter remote-name remote-name-all remote-header-name",
  "remote-time remove-on-error create-dirs clobber buffer globoff parallel parallel-immediate raw styled-output suppress-connect-headers",
  "trace-time trace-ids xattr tcp-nodelay tcp-fastopen keepalive sessionid disable append list-only use-ascii junk-session-cookies",
  "retry-connrefused retry-all-errors ssl-no-revoke ssl-revoke-best-effort disallow-username-in-url metalink skip-existing manual",
  "ssl-allow-beast false-start form-escape compressed-ssh out-null proxy-ssl-allow-beast",
);
const SILENT_VALUES = names(
  "output output-dir write-out dump-header stderr trace trace-ascii trace-config cookie-jar libcurl create-file-mode etag-save",
  "retry retry-delay retry-max-time keepalive-time keepalive-cnt parallel-max parallel-max-host rate limit-rate speed-limit speed-time max-filesize",
  "expect100-timeout happy-eyeballs-timeout-ms hsts alt-svc random-file egd-file proto proto-redir vlan-priority ip-tos",
);
const LEFT_OUT_FLAGS = names(
  "anyauth digest ntlm ntlm-wb negotiate netrc netrc-optional http0.9 http1.0 http2 http2-prior-knowledge http3 http3-only tr-encoding",
  "path-as-is ignore-content-length haproxy-protocol alpn npn cert-status crlf post301 post302 post303 ssl ssl-reqd sslv2 sslv3 tlsv1 tlsv1.0",
  "tlsv1.1 tlsv1.2 tlsv1.3 proxy-anyauth proxy-digest proxy-ntlm proxy-negotiate proxy-http2 proxy-tlsv1 socks5-gssapi socks5-gssapi-nec",
  "doh-insecure doh-cert-status ca-native proxy-ca-native ssl-auto-client-cert proxy-ssl-auto-client-cert sasl-ir mptcp tls-earlydata ech",
  "ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control disable-eprt disable-epsv mail-rcpt-allowfails",
  "tftp-no-options follow help version",
);
const LEFT_OUT_VALUES = names(
  "config netrc-file unix-socket abstract-unix-socket interface local-port dns-servers dns-interface dns-ipv4-addr dns-ipv6-addr doh-url",
  "cert cert-type key key-type pass capath crlfile ciphers curves tls13-ciphers tls-max engine pinnedpubkey tlsuser tlspassword tlsauthtype",
  "proxy-header proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-key proxy-key-type proxy-pass",
  "proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy1.0",
  "socks5-gssapi-service request-target time-cond continue-at etag-compare aws-sigv4 delegation service-name login-options sasl-authzid krb",
  "haproxy-clientip ipfs-gateway variable signature-algorithms sigalgs mail-auth mail-from mail-rcpt quote telnet-option tftp-blksize ftp-account",
  "ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode hostpubmd5 hostpubsha256 pubkey upload-flags",
);

/** Other names of the same. */
const ALIASES: Readonly<Record<string, string>> = {
  ...{ socks5h: "socks5-hostname", socks: "socks4", referrer: "referer", "ssl-required": "ssl-reqd" },
};

const SHORT: Readonly<Record<string, string>> = {
  ...{ X: "request", H: "header", d: "data", F: "form", T: "upload-file", G: "get", I: "head", u: "user", A: "user-agent", e: "referer" },
  ...{ b: "cookie", r: "range", x: "proxy", U: "proxy-user", p: "proxytunnel", k: "insecure", L: "location", m: "max-time", s: "silent" },
  ...{ S: "show-error", v: "verbose", i: "include", f: "fail", o: "output", O: "remote-name", J: "remote-header-name", R: "remote-time" },
  ...{
    w: "write-out",
    D: "dump-header",
    c: "cookie-jar",
    j: "junk-session-cookies",
    N: "buffer",
    g: "globoff",
    Z: "parallel",
    q: "disable",
  },
  ...{ "#": "progress-bar", "4": "ipv4", "6": "ipv6", "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", n: "netrc", K: "config" },
  ...{ E: "cert", z: "time-cond", C: "continue-at", y: "speed-time", Y: "speed-limit", a: "append", B: "use-ascii", l: "list-only" },
  ...{ P: "ftp-port", Q: "quote", t: "telnet-option", h: "help", V: "version", M: "manual" },
};
