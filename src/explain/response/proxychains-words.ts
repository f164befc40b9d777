import type { WordsReading } from "./words-reading.ts";

/** `[proxychains] Strict chain  ...  127.0.0.1:9050  ...  site.example:443 <--denied`, and `|S-chain|-<>-127.0.0.1:9050-<><>-…<--timeout` before version 4. */
const CHAIN = /\[proxychains\] (?:Strict|Dynamic|Random|Round Robin) chain|\|(?:S|D|R)-chain\|/;
/** A host may be called so too. */
const END = /(?<!\w)(?:timeout|denied|socket error or timeout!)(?![\w:-]|\.\w)/;
const HOP = /^[.-]*([\w[][\w.:[\]-]*:\d+)-*$/;

/** What proxychains says of a chain that it could not build; null: the line is about something else. */
export function readProxychainsWords(line: string): WordsReading | null {
  if (line.includes("!!!need more proxies!!!")) return NO_MORE;
  const [, chain = ""] = line.split(CHAIN, 2);
  const end = END.exec(chain);
  if (end === null) return null;
  const all = chain
    .slice(0, end.index)
    .split(/[ <>]+/)
    .flatMap((part) => HOP.exec(part)?.[1] ?? []);
  if (all.length === 0) return null;
  const [last = "", before = ""] = [all.at(-1), all.at(-2)];
  // The first has nobody in front of it: it was connected to, and no more.
  if (all.length === 1) return { ...DEAD, summary: `The proxy ${last} took no connection: nobody listens there, or nothing answers.` };
  if (end[0] === "denied")
    return {
      ...REFUSED,
      summary: `The proxy ${before} answered, and did not open a connection to ${last}: its rules, its login, or ${last} itself. proxychains does not tell which.`,
    };
  return {
    ...REFUSED,
    confidence: 0.5,
    summary: `The proxy ${before} took the connection and opened none to ${last}: it refused, closed, or did not answer in time. proxychains does not tell which.`,
  };
}

const SEE_WHY = "Ask it with curl, which tells: curl -v -x socks5h://HOST:PORT URL (http:// where it is an HTTP proxy).";

const DEAD: WordsReading = {
  fault: "handshake.connect_failed",
  culprit: "exit",
  confidence: 0.8,
  summary: "",
  next: "Check host, port and type of the line in [ProxyList], and that it runs; else take another proxy. The site has not been asked.",
};

const REFUSED: WordsReading = { fault: "handshake.connect_rejected", culprit: null, confidence: 0.6, summary: "", next: SEE_WHY };

const NO_MORE: WordsReading = {
  fault: "gateway.no_exit",
  culprit: "gateway",
  confidence: 0.8,
  summary: "proxychains has no proxy left to try: all of its list failed, as the lines before say.",
  next: "Check the list: goodgateway check FILE says which of them are alive, and of what type.",
};
