import { attribute } from "../blame/attribute.ts";
import type { HopFailure } from "../core/ledger.ts";
import { fieldValue, type ResponseHead } from "../core/message.ts";
import type { Target } from "../core/route.ts";
import { HopStream } from "../net/hop-stream.ts";
import type { Calls, Opened, Turn } from "./calls.ts";
import { isSocks } from "./contact.ts";
import { tell } from "./findings.ts";
import { BYTES_PATH } from "./judge/judge-requests.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { tellLocation } from "./judge/read-answer.ts";
import { createNonce } from "./judge/request.ts";
import { isSignedBy } from "./judge/signature.ts";
import { bytesStatement, SIGNATURE_FIELD, SignedBytes, THROUGHPUT_BYTES_MAX } from "./judge/throughput.ts";
import { hostOf, portOf } from "./judge-calls.ts";
import type { Lie } from "./lie.ts";
import type { Measuring } from "./measuring.ts";
import { BROWSER_FIELDS } from "./target-calls.ts";
import { headOf, type Way } from "./way.ts";

/** Bytes a second that come from a judge through a proxy; of a slow one, by what came in its time. They are held against those that it sent. */
export async function measureThroughput(
  { calls, exit, judge, findings, first }: Pick<Measuring, "calls" | "exit" | "judge" | "findings" | "first">,
  bytes: number,
  turn: Turn,
): Promise<void> {
  if (!judge.isSigned) return;
  const target: Target = { scheme: "http", host: hostOf(judge.url), port: portOf(judge.url) };
  const way: Way = { exit, target, tunnel: isSocks(exit) || first.replied.way.tunnel, verify: true };
  const opened = await calls.open(way, turn);
  if (opened.kind === "failed") {
    findings.cannotVerify(`its throughput: ${tell(opened.attributed)}`);
    return;
  }
  const download = new Download(judge, Math.min(bytes, THROUGHPUT_BYTES_MAX));
  await load(calls, opened, { way, download, turn });
  if (download.lie !== null) findings.addLie(download.lie);
  else if (download.bytes > 0) findings.bytesPerSecond = download.bytesPerSecond(calls.context.clock.now());
  else download.end ??= "nothing of it came in time";
  if (download.end !== null) findings.cannotVerify(`its throughput: ${download.end}`);
}

/** What comes of it, of which nothing is kept. */
class Download {
  readonly url: URL;
  bytes = 0;
  /** What came was not the judge's. */
  lie: Lie | null = null;
  /** Why it ended before its end; null: it did not, or for want of time. */
  end: string | null = null;
  readonly #judge: JudgeAddress;
  readonly #statement: string;
  readonly #length: number;
  #startedAt = 0;
  #expected: SignedBytes | null = null;
  /** The end of the connection is that of the answer, as of HTTP/1.0: where it breaks off, it looks whole. */
  #isUnframed = false;

  constructor(judge: JudgeAddress, length: number) {
    const nonce = createNonce();
    this.#judge = judge;
    this.#length = length;
    this.#statement = bytesStatement(length, nonce);
    this.url = new URL(judge.url);
    this.url.protocol = "http";
    this.url.port = String(portOf(judge.url));
    this.url.pathname += BYTES_PATH;
    this.url.search = `?n=${length}&id=${nonce}`;
  }

  bytesPerSecond(now: number): number {
    return Math.round((1000 * this.bytes) / Math.max(now - this.#startedAt, 1));
  }

  /** False: nothing worth reading follows. */
  begin({ status, fields, framing }: ResponseHead, now: number): boolean {
    this.#startedAt = now;
    this.#isUnframed = framing.kind === "close";
    const location = fieldValue(fields, "location");
    const signature = fieldValue(fields, SIGNATURE_FIELD) ?? "";
    const { key, url } = this.#judge;
    if (status >= 300 && status < 400 && location !== null)
      this.lie = { fault: "honesty.redirected", details: `${status} to ${tellLocation(location)} came where ${url.host} had to answer` };
    else if (status >= 400) this.end = `the judge's bytes were refused: answered ${status}`;
    else if (key === null || !isSignedBy(this.#statement, signature, key))
      this.lie = {
        fault: "honesty.fake_answer",
        details: `${status} came with bytes that are not the judge's, where ${this.#length} of its had to`,
      };
    else this.#expected = new SignedBytes(signature);
    return this.#expected !== null;
  }

  /** False: the next is of no interest. */
  take(slice: Buffer): boolean {
    if (this.lie !== null) return false; // what else came along
    const same = this.#expected?.countSame(slice) ?? 0;
    this.bytes += same;
    if (same < slice.length || this.bytes > this.#length) this.#change(`were changed at byte ${this.bytes}`);
    return this.lie === null;
  }

  /** The answer is whole. */
  finish(): void {
    if (this.bytes === this.#length) return;
    if (this.#isUnframed) this.end = `the connection ended after ${this.bytes} of ${this.#length} bytes, and no length was named`;
    else this.#change(`ended after ${this.bytes}`);
  }

  #change(what: string): void {
    this.lie = { fault: "honesty.content_changed", details: `the ${this.#length} bytes of a download ${what}` };
  }
}

interface Loading {
  readonly way: Way;
  readonly download: Download;
  readonly turn: Turn;
}

/** Ends with the answer, with the time, or with what makes the rest worthless. */
function load({ context }: Calls, { connection }: Opened, { way, download, turn }: Loading): Promise<void> {
  const { clock, limits, tolerances } = context;
  return new Promise((resolve) => {
    const startedAt = clock.now();
    const end = () => {
      clearTimeout(deadline);
      turn.signal.removeEventListener("abort", end);
      stream.drop();
      resolve();
    };
    const onSlice = (slice: Buffer) => {
      const goesOn = download.take(slice);
      if (!goesOn) end();
      return goesOn;
    };
    const onComplete = () => {
      download.finish();
      end();
    };
    const onFailure = (failure: HopFailure) => {
      download.end = tell(attribute(failure, way));
      end();
    };
    const stream = new HopStream(
      connection,
      { limits, tolerances, clock, method: "GET", role: "target", hop: 1, reused: false, startedAt },
      {
        onInterim() {},
        onHead: (head) => {
          if (download.begin(head, clock.now())) stream.takeBody({ onSlice, onComplete, onFailure });
          else end();
        },
        onFailure,
        onRoom() {},
      },
    );
    const deadline = setTimeout(end, Math.max(1, turn.deadline - startedAt));
    if (turn.signal.aborted) end();
    else turn.signal.addEventListener("abort", end);
    stream.write(headOf(way, { method: "GET", url: download.url, fields: BROWSER_FIELDS, body: null }));
    stream.sent();
    stream.listen();
  });
}
