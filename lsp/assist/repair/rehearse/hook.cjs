// In front of every node program of a rehearsal with variants (variant_scripts.h), by NODE_OPTIONS=--require.
//
// A TypeScript compiler that runs for all variants at once (CURLEW_SEEN) is noted in kept/compilers: where, with what
// arguments, how it ended, and what it wrote. In a run with one alive (CURLEW_PICK) the same ends at once in the same
// way, if what it wrote is there. Variants that node cannot read are looked for in what it wrote, since a compiler
// that does not look at types passes them on; by itself, `node hook.cjs FILE...`, in files. Their numbers go to
// kept/broken, a line each.
//
// `node --test` starts a process for each file, and reads what it says. Which of these fail is noted in kept/tests: with
// a variant alive they alone run first, and only if they pass the others do.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const kept = path.join(__dirname, "kept");
const notes = path.join(kept, "compilers");
const brokenMax = 1000; // a text is read again for each

// The program under way, without links.
function program() {
  for (const name of [process.argv[1], process.argv[1] + ".js"])
    try {
      return fs.realpathSync(name);
    } catch (error) {
      // the other one
    }
  return "";
}

// --- Variants that cannot be read ------------------------------------------------------------------

// As the body of a function: a module's imports and exports are blanked, bytes keep their lines.
function withoutModule(text) {
  const blank = (code) => code.replace(/[^\n]/g, " ");
  return text
    .replace(/^[ \t]*import\b(?![ \t]*[.(])[^'"]*['"][^'"\n]*['"][^\n]*$/gm, blank)
    .replace(/^[ \t]*export[ \t]*(\{[^}]*\}|\*[^'"\n]*)([ \t]*from[ \t]*['"][^'"\n]*['"])?/gm, blank)
    .replace(/^([ \t]*)export[ \t]+default\b/gm, (code, indent) => indent + "x=" + blank(code.slice(indent.length + 2)))
    .replace(/^[ \t]*export\b/gm, blank)
    .replace(/\bimport\.meta\b/g, "import_meta");
}

// Where it cannot be read; -1: it can.
function errorIn(code) {
  try {
    new vm.Script(code, { filename: "curlew-text" });
    return -1;
  } catch (error) {
    const said = /^curlew-text:(\d+)\n.*\n([ \t]*)\^/.exec(error.stack);
    if (!said) return code.length;
    const lines = code.split("\n", Number(said[1]));
    return lines.slice(0, -1).reduce((sum, line) => sum + line.length + 1, 0) + said[2].length;
  }
}

// The variant around an offset: its number, and where it begins and ends.
function variantAround(code, offset) {
  const begin = code.lastIndexOf('"curlew<', offset);
  const number = begin < 0 ? NaN : parseInt(code.slice(begin + 8), 10);
  const end = code.indexOf(`"curlew>${number}"`, begin);
  return end < offset ? null : { number, begin: begin + `"curlew<${number}"`.length, end };
}

// Null: what cannot be read is none of them.
function brokenWithin(head, text, tail) {
  const numbers = [];
  for (let body = text; numbers.length < brokenMax; ) {
    const offset = errorIn(head + body + tail);
    if (offset < 0) return numbers;
    const variant = variantAround(body, offset - head.length);
    if (!variant || numbers.includes(variant.number)) return null;
    numbers.push(variant.number);
    const instead = body[variant.begin] === "," ? ", 0, " : ";";
    body = body.slice(0, variant.begin) + instead + body.slice(variant.end);
  }
  return numbers;
}

function checkFile(file) {
  if (!/\.[cm]?js$/.test(file)) return false;
  let text = "";
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    return false;
  }
  if (!text.includes('"curlew<')) return false;
  text = text.replace(/^\uFEFF?(#!.*)?/, "");
  const numbers =
    brokenWithin("(function (exports, require, module, __filename, __dirname) {", text, "\n})") ||
    brokenWithin('(async function () { "use strict";', withoutModule(text), "\n})") ||
    [];
  for (const number of numbers) fs.appendFileSync(path.join(kept, "broken"), `${number}\n`);
  return numbers.length > 0;
}

// --- Compilers -------------------------------------------------------------------------------------

function noteCompiler() {
  const written = new Set();
  const open = fs.openSync;
  const write = fs.writeFileSync;
  fs.openSync = function (file, flags, ...rest) {
    if (flags === "w") written.add(path.resolve(String(file)));
    return open.call(this, file, flags, ...rest);
  };
  fs.writeFileSync = function (file, ...rest) {
    if (typeof file === "string") written.add(path.resolve(file));
    return write.call(this, file, ...rest);
  };
  process.on("exit", (status) => {
    const run = { folder: process.cwd(), words: process.argv.slice(2), status, written: [...written] };
    const broken = run.written.map(checkFile);
    // What follows would only say so of the first.
    if (broken.includes(true)) process.exitCode = 1;
    fs.appendFileSync(notes, JSON.stringify(run) + "\n");
  });
}

function endKnownCompiler() {
  let lines = [];
  try {
    lines = fs.readFileSync(notes, "utf8").split("\n");
  } catch (error) {
    return; // none has run
  }
  const words = JSON.stringify(process.argv.slice(2));
  for (const line of lines.filter((text) => text !== "").reverse()) {
    const run = JSON.parse(line);
    if (run.folder !== process.cwd() || JSON.stringify(run.words) !== words) continue;
    if (run.written.every((file) => fs.existsSync(file))) process.exit(run.status);
    return;
  }
}

// --- Tests -----------------------------------------------------------------------------------------

function noteTest() {
  process.on("exit", (status) => {
    const run = { folder: process.cwd(), words: [...process.execArgv, ...process.argv.slice(1)] };
    if (status !== 0) fs.appendFileSync(path.join(kept, "tests"), JSON.stringify(run) + "\n");
  });
}

function endFailingTests() {
  let lines = [];
  try {
    lines = fs.readFileSync(path.join(kept, "tests"), "utf8").split("\n");
  } catch (error) {
    return; // none is known to fail
  }
  for (const line of new Set(lines.filter((text) => text !== ""))) {
    const { folder, words } = JSON.parse(line);
    const env = { ...process.env, NODE_TEST_CONTEXT: "child-v8" };
    const ran = require("child_process").spawnSync(process.execPath, words, { cwd: folder, env, stdio: "ignore" });
    if (ran.status !== 0) process.exit(1);
  }
  fs.writeFileSync(path.join(kept, "fresh"), ""); // all of them may take longer
}

if (require.main === module) {
  for (const file of process.argv.slice(2)) checkFile(file);
} else if (/[\\/]typescript[\\/](bin|lib)[\\/]_?tsc(\.js)?$/.test(program())) {
  if (process.env.CURLEW_PICK !== undefined) endKnownCompiler();
  else if (process.env.CURLEW_SEEN !== undefined) noteCompiler();
} else if (process.env.NODE_TEST_CONTEXT !== undefined) {
  if (process.env.CURLEW_SEEN !== undefined && require("worker_threads").isMainThread) noteTest();
} else if (process.execArgv.includes("--test") && process.env.CURLEW_PICK !== undefined) {
  endFailingTests();
}
