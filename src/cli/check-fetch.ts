import { UnreadableList } from "../check/candidate-lines.ts";

/**
 * Fetches a list from its URL: all of it at once, since it is checked far more slowly than its server would wait.
 * @throws UnreadableList
 */
export async function* fetchList(address: URL): AsyncGenerator<Uint8Array> {
  const chunks = await fetchChunks(address).catch((error: unknown) => {
    throw error instanceof UnreadableList ? error : new UnreadableList(`cannot be fetched: ${tellError(error)}`);
  });
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk;
}

/** About a million proxies. */
const LIST_BYTES_MAX = 64 * 1024 * 1024;
/** For the whole list. */
const FETCH_MS_MAX = 60_000;

async function fetchChunks(address: URL): Promise<Uint8Array[]> {
  const { url, headers } = withoutCredentials(address);
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(FETCH_MS_MAX) });
  if (response.status !== 200) {
    await response.body?.cancel(); // else its connection stays open until all of it has come
    throw new UnreadableList(`cannot be fetched: status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > LIST_BYTES_MAX)
      throw new UnreadableList(`is larger than ${LIST_BYTES_MAX / 1024 / 1024} MiB: download it, and name the file`);
    chunks.push(chunk);
  }
  return chunks;
}

// fetch() refuses a URL with credentials.
function withoutCredentials(address: URL): { url: URL; headers: Record<string, string> } {
  const headers: Record<string, string> = { Accept: "text/plain, */*;q=0.5" };
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers["Authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  return { url, headers };
}

function tellError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no complete answer in ${FETCH_MS_MAX / 1000} s`;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (cause === undefined) return error.message;
  const { code, message } = cause;
  if (code !== undefined) return REASONS[code] === undefined ? code : `${REASONS[code]} (${code})`;
  return message === "" ? "its server answered with what no list has" : message; // such as a 407, for which fetch() has no word
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens at that address and port",
  ECONNRESET: "its server reset the connection",
  ENOTFOUND: "the name does not exist",
  EAI_AGAIN: "the name could not be looked up",
  UND_ERR_CONNECT_TIMEOUT: "its server does not answer",
  UND_ERR_HEADERS_TIMEOUT: "its server does not answer",
  UND_ERR_SOCKET: "its server closed the connection",
  UND_ERR_BODY_TIMEOUT: "its server fell silent in the middle",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "it broke off",
  ERR_SSL_WRONG_VERSION_NUMBER: "its server speaks no TLS there: write http://",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "nobody vouches for its certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "nobody vouches for its certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "nobody vouches for its certificate",
  CERT_HAS_EXPIRED: "its certificate has expired",
};
