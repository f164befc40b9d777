import assert from "node:assert/strict";
import { test } from "node:test";
import { findStatements, findUnproven } from "./guides/statements.ts";

const PROVEN = `# What is it?

It is green.

## Why?

The sky [is blue](sky.md). So is the
sea:

<!-- shown with: nothing
It is green => verdict green
The sky is blue => sky blue
So is the sea => sea blue
\`red\` => red 1
-->

\`\`\`console
$ look
sky blue,   sea
  blue, red 1
verdict green
\`\`\`

| seen | means |
|---|---|
| \`red\` | stop |
`;

test("a guide is read as sentences, items and rows, without headings, comments and commands", () => {
  assert.deepEqual(
    findStatements(PROVEN).map(({ words }) => words),
    ["It is green.", "The sky is blue.", "So is the sea:", "| `red` | stop |"],
  );
});

test("a guide whose every statement names what its command prints is proven", () => {
  assert.deepEqual(findUnproven(PROVEN), []);
});

test("a row, a sentence or an item that is added without a command is found", () => {
  const added = { row: "| `grey` | wait |", sentence: "Grass is green.", item: "- Snow is white." };
  assert.deepEqual(findUnproven(`${PROVEN}${added.row}\n`), [`no command of "Why?" shows: ${added.row}`]);
  assert.deepEqual(findUnproven(`${PROVEN}\n${added.sentence}\n`), [`no command of "Why?" shows: ${added.sentence}`]);
  assert.deepEqual(findUnproven(`${PROVEN}\n${added.item}\n`), [`no command of "Why?" shows: Snow is white.`]);
});

test("a phrase that the command did not print is found, and so is a claim whose words are gone from the text", () => {
  assert.deepEqual(findUnproven(PROVEN.replace("sky blue, ", "sky grey, ")), ["look\n  does not print: sky blue"]);
  assert.deepEqual(findUnproven(PROVEN.replace("| `red` | stop |\n", "")), ["stands nowhere in the text: `red`"]);
});

test("a section without a command is found, and a command shows what is said in its own section alone", () => {
  assert.deepEqual(findUnproven(`${PROVEN}\n## And the sky?\n\nThe sky is blue.\n`), [
    "no command: And the sky?",
    'no command of "And the sky?" shows: The sky is blue.',
  ]);
});
