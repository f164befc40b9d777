import { NO_ANSWER, RESET, TRUNCATED } from "./answer-readings.ts";
import { type Saying, WITHOUT_PROXY, type WordsReading } from "./words-reading.ts";

const OWN_LIMIT: WordsReading = {
  fault: "head.timeout",
  culprit: null,
  confidence: 0.5,
  summary: "The client's own time limit was over; the words do not say how far the request had come, nor who kept it waiting.",
  next: `Give it more time once: an answer late means a slow application, none at all a proxy or a firewall. ${WITHOUT_PROXY}`,
};

/** What clients say of an answer in words that no other error has: asked before those that errors of all kinds share. */
export const ANSWER_SAYINGS: readonly Saying[] = [
  [
    /InvalidChunkLength\((?!got length b'')|invalid chunk(?:ed)? (?:length|size)|ERR_INVALID_CHUNKED/,
    {
      fault: "body.bad_chunk",
      culprit: null,
      confidence: 0.6,
      summary: "The answer's body is cut into pieces as it should not be (chunked).",
      next: "Try again through another exit. The same place each time: it is the site's.",
    },
  ],
  // Python; JavaScript's fetch and http; Java and Netty; .NET; Rust; Scrapy; git.
  [/Response payload is not completed|without sending complete message body|InvalidChunkLength\(/, TRUNCATED],
  [/\bTypeError: terminated\b|^\s*(?:\w*Error: )?aborted$/, TRUNCATED],
  [
    /Premature (?:end of (?:Content-Length|chunk)|EOF)|ProtocolException: unexpected end of stream|prematurely closed DURING response/,
    TRUNCATED,
  ],
  [/response ended prematurely, with at least|before message length reached|_DataLoss|ResponseDataLoss/, TRUNCATED],
  [/\bfatal: early EOF|unexpected disconnect while reading sideband packet|RPC failed; curl (?:18|56|92)/, TRUNCATED],
  [
    /header parser received no bytes|prematurely closed BEFORE response|IncompleteMessage|closed before message completed|No data received|Connection was closed cleanly\b/,
    NO_ANSWER,
  ],
  [/\breason: :closed\b|\{:error, :closed\}|TransportError\) socket closed/, NO_ANSWER],
  [/lost in a non-clean fashion/, RESET],
  [
    /HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW|header (?:buffer|size) .{0,200}exceed|response header too large|got more than \d+ bytes when reading (?:header|status) line/i,
    {
      fault: "head.too_large",
      culprit: "origin",
      confidence: 0.7,
      summary: "The head of the answer is larger than the client takes: cookies, most often, or what a proxy adds.",
      next: "Raise the client's limit (Node: --max-http-header-size, undici: maxHeaderSize), or send no cookies once.",
    },
  ],
  [
    /timeout of \d+ ?ms exceeded|HttpClient\.Timeout of [\d.]+ seconds|User timeout caused connection failure|source: TimedOut|operation timed out$/,
    OWN_LIMIT,
  ],
  [/\bReadTimeoutException\b|\basyncio\.(?:exceptions\.)?TimeoutError\b|\breason: :timeout\b|code = DeadlineExceeded/, OWN_LIMIT],
  [
    /(?:Navigation t|: T)imeout (?:of )?\d+ ?ms exceeded|Timed out receiving message from renderer/,
    {
      fault: "head.timeout",
      culprit: null,
      confidence: 0.4,
      summary:
        "The page was not there in the time that the script gives it: its own answer, or one of the many that it loads, did not come.",
      next: `Ask for the page's document alone, with curl -v: an answer means that something which it loads hangs (waitUntil: "domcontentloaded" does not wait for it). ${WITHOUT_PROXY}`,
    },
  ],
  [
    /SSL connection could not be established/,
    {
      fault: "tls.closed_in_handshake",
      culprit: null,
      confidence: 0.4,
      summary: "The TLS handshake failed; the inner exception, printed below or left out, says why.",
      next: `Print the inner exception too. ${WITHOUT_PROXY}`,
    },
  ],
];
