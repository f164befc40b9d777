#!/usr/bin/env node
// Plain syntax that Node 14 still parses: an older Node is told in one line what is needed, before anything newer is loaded.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`goodgateway needs Node.js 22.19 or later, and this is ${process.version}: https://nodejs.org/`);
  process.exitCode = 2;
} else {
  void import("./program.ts").then((program) => program.runProgram(process.argv.slice(2)));
}
