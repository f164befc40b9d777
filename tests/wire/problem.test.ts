import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { renderProblem } from "../../src/wire/problem.ts";
import { refusedAttempt, refusedProblem } from "./problem-cases.ts";

const typeFor = (accept: string | null) => renderProblem(refusedProblem, accept).contentType.split(";")[0];

test("plain text is the default", () => {
  for (const accept of [null, "", "*/*", "image/png", "text/*", "text/plain;q=0", "nonsense", "text/html;q=x"]) {
    assert.equal(typeFor(accept), "text/plain", String(accept));
  }
});

test("the Accept field decides by weight, then exactness, then order", () => {
  assert.equal(typeFor("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "text/html");
  assert.equal(typeFor("application/json"), "application/problem+json");
  assert.equal(typeFor("application/problem+json;q=0.9, text/html;q=0.8"), "application/problem+json");
  assert.equal(typeFor("application/json, text/plain, */*"), "application/problem+json");
  assert.equal(typeFor("text/html;q=0.4, text/plain;q=0.5"), "text/plain");
  assert.equal(typeFor("TEXT/HTML"), "text/html");
  assert.equal(typeFor("text/plain;q=0, */*"), "application/problem+json");
});

test("plain text says it in at most six lines", () => {
  const { body } = renderProblem(refusedProblem, null);
  assert.equal(
    body,
    [
      "502 exit de-7 refused TCP (connect.refused 01JD8Z)",
      "The hop's address refuses TCP on that port. Target: https://example.com:443",
      "Seen:     refused after 3 ms (culprit exit, confidence 0.98)",
      "Tried:    de-7 connect.refused",
      "Client:   Try again.",
      "Operator: Check that the process runs.",
      "",
    ].join("\n"),
  );
});

test("plain text names the last attempts and counts the others", () => {
  const attempts = Array.from({ length: 9 }, (_, i) => ({ ...refusedAttempt, exit: `e${i}` }));
  const { body } = renderProblem({ ...refusedProblem, attempts }, null);
  assert.match(body, /^Tried: {4}4 more, then e4 connect\.refused, .*e8 connect\.refused$/m);
});

test("evidence with line breaks stays within the six lines", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (evidence, target) => {
      const verdict = { ...refusedProblem.verdict, evidence: [evidence] };
      const { body } = renderProblem({ ...refusedProblem, verdict, target }, null);
      assert.ok(body.split("\n").length <= 7);
    }),
    { numRuns: 100 },
  );
});

test("problem+json holds the verdict, the attempts, both fixes and the request id", () => {
  const { contentType, body } = renderProblem(refusedProblem, "application/problem+json");
  assert.equal(contentType, "application/problem+json");
  const problem = JSON.parse(body);
  assert.equal(problem.type, "urn:goodgateway:fault:connect.refused");
  assert.equal(problem.status, 502);
  assert.equal(problem.requestId, "01JD8Z");
  assert.deepEqual(problem.fix, refusedProblem.verdict.fix);
  assert.deepEqual(problem.verdict, refusedProblem.verdict);
  assert.deepEqual(problem.attempts, refusedProblem.attempts);
});

test("the page escapes what came from outside", () => {
  const verdict = { ...refusedProblem.verdict, evidence: ["<script>alert('&\"')</script>"] };
  const { contentType, body } = renderProblem({ ...refusedProblem, verdict, target: "http://a/<b>" }, "text/html");
  assert.equal(contentType, "text/html; charset=utf-8");
  assert.ok(!body.includes("<script>"));
  assert.ok(!body.includes("<b>"));
  assert.ok(body.includes("&#60;script&#62;alert(&#39;&#38;&#34;&#39;)&#60;/script&#62;"));
  assert.doesNotMatch(body, /https?:\/\/(?!example\.com|a\/)/); // nothing is fetched from anywhere
});
