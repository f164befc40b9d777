import type { Exit, Target } from "../core/route.ts";
import { HopStream } from "../net/hop-stream.ts";
import type { Calls, Opened, Turn } from "./calls.ts";
import { isSocks } from "./contact.ts";
import { BYTES_PATH } from "./judge/judge-requests.ts";
import type { JudgeAddress } from "./judge/judged.ts";
import { hostOf, portOf } from "./judge-calls.ts";
import { BROWSER_FIELDS } from "./target-calls.ts";
import { headOf, type Way } from "./way.ts";

/** Bytes a second that come from a judge through a proxy; of a slow one, by what came in its time. Null: none came, or the judge has none. */
export async function measureThroughput(calls: Calls, exit: Exit, judge: JudgeAddress, bytes: number, turn: Turn): Promise<number | null> {
  if (!judge.isSigned) return null;
  const target: Target = { scheme: "http", host: hostOf(judge.url), port: portOf(judge.url) };
  const way: Way = { exit, target, tunnel: isSocks(exit), verify: true };
  const opened = await calls.open(way, turn);
  return opened.kind === "failed" ? null : await download(calls, opened, way, urlOf(judge, bytes), turn);
}

function urlOf({ url }: JudgeAddress, bytes: number): URL {
  const asked = new URL(url);
  asked.protocol = "http";
  asked.port = String(portOf(url));
  asked.pathname += BYTES_PATH;
  asked.search = `?n=${bytes}`;
  return asked;
}

/** Counts what comes and keeps nothing of it. */
function download({ context }: Calls, { connection }: Opened, way: Way, url: URL, turn: Turn): Promise<number | null> {
  const { clock, limits, tolerances } = context;
  return new Promise((resolve) => {
    let bytes = 0;
    let headAt = clock.now();
    const end = () => {
      clearTimeout(deadline);
      turn.signal.removeEventListener("abort", end);
      stream.drop();
      const seconds = Math.max(clock.now() - headAt, 1) / 1000;
      resolve(bytes === 0 ? null : Math.round(bytes / seconds));
    };
    const stream = new HopStream(
      connection,
      { limits, tolerances, clock, method: "GET", role: "target", hop: 1, reused: false, startedAt: headAt },
      {
        onInterim() {},
        onHead: ({ status }) => {
          headAt = clock.now();
          if (status !== 200) end();
          else stream.takeBody({ onSlice: (slice) => (bytes += slice.length) > 0, onComplete: end, onFailure: end });
        },
        onFailure: end,
        onRoom() {},
      },
    );
    const deadline = setTimeout(end, Math.max(1, turn.deadline - headAt));
    if (turn.signal.aborted) end();
    else turn.signal.addEventListener("abort", end);
    stream.write(headOf(way, { method: "GET", url, fields: BROWSER_FIELDS, body: null }));
    stream.sent();
    stream.listen();
  });
}
