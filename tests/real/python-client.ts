import { findPython } from "./peers/programs.ts";
import { runCommand } from "./run-command.ts";

/** What Python's requests came to: an answer, or an exception's class and text. */
export type PythonOutcome =
  | { readonly status: number; readonly reason: string; readonly body: string }
  | { readonly error: string; readonly message: string };

const SCRIPT = `
import json, sys, requests
url, proxy, ca = sys.argv[1:]
session = requests.Session()
session.trust_env = False
try:
    answer = session.get(url, proxies={"http": proxy, "https": proxy}, timeout=50, verify=ca or True)
    print(json.dumps({"status": answer.status_code, "reason": answer.reason, "body": answer.text}))
except Exception as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}))
`;

/** Python's requests get a URL through a proxy. `ca`: a file of certificates to trust, for proxy and site. */
export async function pythonGet(url: string, proxy: string, ca = ""): Promise<PythonOutcome> {
  const { stdout, stderr } = await runCommand(findPython() as string, ["-c", SCRIPT, url, proxy, ca]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}
