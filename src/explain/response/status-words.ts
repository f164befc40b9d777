import type { WordsReading } from "./words-reading.ts";

/** How clients tell the status of an answer that they do not show. */
const TOLD: readonly RegExp[] = [
  // .NET; Guzzle; ffmpeg.
  /does not indicate success: (\d{3})\b/,
  /resulted in a `(\d{3}) /,
  /\bHTTP error (\d{3}) /,
  // curl -w, in the names that people give it.
  /\b(?:http_code|response_code|http_status)['"]?\s*[:=]\s*"?(\d{3})\b/i,
  // wget; curl -f and .NET; requests; urllib and yt-dlp; PHP; npm; Java; Ruby; axios, httpx and browsers; Docker and Go programs.
  /\bERROR (\d{3}): /,
  /awaiting response\.\.\. (\d{3})\b/,
  /returned(?: an)? error: \(?(\d{3})\b/,
  /\b(\d{3}) (?:Server|Client) Error: /,
  /\bHTTP Error (\d{3}): /,
  /HTTP request failed! HTTP\/\S+ (\d{3})\b/,
  /npm (?:ERR!|error)(?: code E\d{3}| )\s*(\d{3}) /,
  /HTTP response code: (\d{3})\b/,
  /Net::HTTP\w+: (\d{3}) "/,
  /(?:Client|Server) error '(\d{3}) /,
  /\bstatus ?code:? (\d{3})\b/i,
  /unexpected (?:HTTP )?status(?: code)?:? (?:HTTP\/\S+ )?(\d{3})\b/,
  /Unexpected server response: (\d{3})\b/,
];

/** What a client says that shows no more of an answer than its status; null: it says no such thing, or nothing went wrong. */
export function readStatusWords(line: string): WordsReading | null {
  for (const pattern of TOLD) {
    const status = pattern.exec(line)?.[1];
    if (status !== undefined) return readStatus(Number(status));
  }
  return null;
}

const SEE_IT = "See the whole answer with curl -i URL, and explain that: its page and its fields say who made it.";

function readStatus(status: number): WordsReading | null {
  if (status === 407)
    return {
      fault: "handshake.auth_required",
      culprit: "gateway",
      confidence: 0.9,
      summary: "The proxy wants user and password, or refuses those that it got (407).",
      next: "Give them in the proxy's URL, percent-encoded: http://user:pass@HOST:PORT.",
    };
  if (status === 429)
    return {
      fault: "relay.rate_limited",
      culprit: null,
      confidence: 0.6,
      summary: "Somebody wants fewer requests (429): the site, its edge, or the proxy's vendor.",
      next: `Ask for less at once. ${SEE_IT}`,
    };
  if (status === 502 || status === 503 || status === 504)
    return {
      fault: "relay.edge_5xx",
      culprit: null,
      confidence: 0.3,
      summary: `A gateway answered ${status}: ${GATEWAY_SAYS[status]}. The client does not show which gateway: the site's, or the proxy.`,
      next: SEE_IT,
    };
  if (status >= 500 && status < 600)
    return {
      fault: "relay.origin_5xx",
      culprit: null,
      confidence: 0.4,
      summary: `The answer was a ${status}: an application that failed, as a rule, and no gateway on the way.`,
      next: SEE_IT,
    };
  return null;
}

const GATEWAY_SAYS: Readonly<Record<number, string>> = {
  502: "it got no usable answer from the next one on the way",
  503: "it has nobody to pass the request on to, or somebody is overloaded",
  504: "it got no answer in time from the next one on the way",
};
