// Programs in JavaScript, TypeScript and TSX with variants: node does with each one alive what it does with the changed
// text.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "lsp/assist/repair/code_tokens.h"
#include "lsp/assist/repair/rehearse/variant_scripts.h"
#include "lsp/assist/repair/rehearse/variants.h"
#include "tests/lsp/assist/typescript_folder.h"

namespace curlew::assist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

struct Script {
  const char* name;
  const char* language;
  const char* file;
  std::string text;
  std::vector<std::pair<const char*, const char*>> changes;
};

const Script kScripts[] = {
    {"CommonJsWithoutSemicolons",
     "javascript",
     "a.js",
     R"(#!/usr/bin/env node
'use strict'
const { inspect } = require('util')
const birds = { legs: 2, count(n) { return n * this.legs } }
var total = 0
let missing
function sum(...all) {
  let i, n = 0
  for (i = 0; i < all.length; i++)
    if (all[i] > 0) n += all[i]
    else if (all[i] < -5) continue
    else n -= 1
  return n
}
const half = n => n / 2
const twice = function (n) {
  // doubles
  return n * 2
}
total = sum(1, 2, -3, -9)
total += birds.count(3)
;[1, 2].forEach(n => { total += n })
const name = `n=${total > 3 ? 'many' : "few"}, ${half(8)}`
const deep = missing?.a.b(total) ?? birds?.['legs']
outer: for (const a of [1, 2, 3]) {
  switch (a) {
    case 1: total++; break
    case 2: continue outer
    default: total -= 5
  }
}
try { if (total % 2 === 0) throw new Error('even') } catch (error) { total = -total }
finally { total++ }
do total += 4
while (total < 10)
console.log(total, name, deep, twice(4), inspect({ a: [1, total], total }), /^a+b?$/.test('aab'))
console.log([3, 1, 2].sort((a, b) => a - b).map(String).join('-'), typeof nobody, arguments.length)
)",
     {{"n * this.legs", "n + this.legs"},
      {"i = 0; i", "i = 1; i"},
      {"i < all", "i <= all"},
      {"i++", "i += 2"},
      {"all[i] > 0", "!(all[i] > 0)"},
      {"n += all[i]\n", "n -= all[i]\n"},
      {"continue\n", "break\n"},
      {"else n -= 1", "else n -= 2"},
      {"return n\n", "n++\n  return n\n"},
      {"n / 2", "n / 4"},
      {"n * 2", "n ** 3"},
      {"// doubles\n  return", "// doubles\n  if (n) return 1\n  return"},
      {"sum(1, 2", "sum(2"},
      {"total += birds.count(3)\n", "total -= birds.count(3)\n"},
      {"total = sum(1, 2, -3, -9)\n", ""},
      {"birds.count(3)", "birds.count(4)"},
      {"{ total += n }", "{ total -= n }"},
      {"total > 3", "total < 3"},
      {"'many'", "'lots'"},
      {"half(8)", "half(9)"},
      {"?.a.b(total) ??", "?.a.b(total) ||"},
      {"['legs']", "['count']"},
      {"total++; break", "total += 3; break"},
      {"total++; break", "total++"},
      {"case 2:", "case 3:"},
      {"continue outer", "break outer"},
      {"% 2 === 0", "% 2 !== 0"},
      {"new Error('even')", "null"},
      {"-total", "total"},
      {"do total += 4", "do total += 5"},
      {"total < 10", "total < 30"},
      {"[1, total]", "[total, 1]"},
      {"{ a: [1", "{ b: [1"},
      {"/^a+b?$/", "/^a+$/"},
      {"a - b", "b - a"},
      {".map(String)", ".map(parseInt)"},
      {"typeof nobody", "typeof total"},
      {"var total = 0", "var total = 50"},
      {"let i, n = 0", "let i = 4, n = 0"},
      {"arguments.length", "arguments[0] === exports"}}},
    {"Module",
     "javascript",
     "a.mjs",
     R"(import { setTimeout as wait } from "node:timers/promises";
import * as path from "node:path";
export const limit = 3;
class Bird {
  #legs = 2;
  static count = 0;
  name = "bird";
  tell = () => this.name + this.#legs;
  constructor(name = "wren") { if (name) this.name = name; Bird.count++; }
  get legs() { return this.#legs; }
  set legs(n) { this.#legs = n > 4 ? 4 : n; }
  static { Bird.count += 10; }
  static make(...all) { return new this(...all); }
}
class Owl extends Bird {
  night = true;
  constructor() { super("owl" + limit); this.legs = 7; }
  tell2() { return super.legs + (this.night ? 1 : 0); }
}
export default function* numbers(to) {
  for (let i = 0; i < to; i++) { const got = yield i * 2; if (got) i += got; }
  yield* [7, 8];
}
const later = async (n) => { await wait(1); return n + 1; };
async function* each(all) { for await (const one of all) yield await later(one); }
const { a = 5, ...rest } = { b: 1, c: 2 };
const it = numbers(4);
it.next();
it.next(1);
const found = [];
for await (const n of each([1, 2])) found.push(n);
let [x, y] = [1, 2];
[x, y] = [y, x];
console.log(new Owl().tell(), new Owl().tell2(), Bird.make().tell(), Bird.count, limit);
console.log([...it], found, await later(4), a, rest, x, y, path.basename("/a/b"), import.meta.url.slice(0, 4));
)",
     {{"limit = 3", "limit = 4"},
      {"#legs = 2", "#legs = 3"},
      {"count = 0", "count = 100"},
      {"this.name + this", "this.name + 1 + this"},
      {"\"wren\"", "\"robin\""},
      {"if (name) ", ""},
      {"Bird.count++", "Bird.count--"},
      {"return this.#legs", "return -this.#legs"},
      {"n > 4 ? 4", "n > 9 ? 4"},
      {"+= 10", "-= 10"},
      {"new this(...all)", "new this('x', ...all)"},
      {"night = true", "night = false"},
      {"\"owl\" + limit", "limit + \"owl\""},
      {"this.legs = 7", "this.legs = 1"},
      {"super.legs + (", "super.legs - ("},
      {"i < to", "i <= to"},
      {"yield i * 2", "yield i * 3"},
      {"if (got) i += got", "if (got) i -= got"},
      {"[7, 8]", "[8]"},
      {"n + 1", "n + 2"},
      {"await wait(1); ", ""},
      {"yield await later(one)", "yield later(one)"},
      {"later(one)", "later(-one)"},
      {"a = 5", "a = 6"},
      {"c: 2 }", "c: 3 }"},
      {"it.next(1)", "it.next(2)"},
      {"each([1, 2])", "each([1])"},
      {"[y, x]", "[x, y]"},
      {"await later(4)", "await later(5)"},
      {"\"/a/b\"", "\"/a/c\""},
      {"slice(0, 4)", "slice(0, 3)"}}},
    {"TypeScript",
     "typescript",
     "a.ts",
     R"(enum Kind { Small = 1, Big = Small << 2 }
interface Named<T> { readonly name: string; value?: T }
type Pair<A, B = A> = [A, B];
function mark(value: any, context: any) { return value }
const sizes = { small: 1, big: 4 } as const satisfies Record<string, number>;
@mark
class Box<T extends object = {}> implements Named<T> {
  private items: T[] = [];
  constructor(readonly name: string, protected limit: number = 3) {}
  add<U extends T>(item: U): this { if (this.items.length < this.limit) this.items.push(item); return this; }
  get(i: number): T | undefined { return this.items[i]!; }
  size(): number { return this.items.length }
}
class Crate extends Box<{ a: number }> {
  extra = 5;
  constructor() { super("crate", 1 + 1); this.extra += 1; }
}
function pick(n: number): string;
function pick(n: string): string;
function pick(n: any): string {
  const kind = <Kind>(n as unknown as number);
  if (kind === Kind.Big) return "big";
  return (n as any)?.toFixed?.(1) ?? `no${n!}`;
}
namespace Tools { export const twice = (n: number): number => n * 2; }
abstract class Shape { abstract area(): number; describe() { return `${this.area()}!`; } }
class Square extends Shape { constructor(public side: number) { super(); } area() { return this.side ** 2; } }
const pair: Pair<number, string> = [3, "x"];
const isNumber = (x: unknown): x is number => typeof x === "number";
const crate = new Crate().add({ a: 1 }).add({ a: 2 }).add({ a: 3 });
let sum = 0;
for (const key in sizes) sum += sizes[key as keyof typeof sizes];
console.log(crate.size(), crate.get(1)?.a, crate.extra, pick(4), pick("q"), pick(1.25), Tools.twice(4));
console.log(new Square(3).describe(), pair, isNumber(pair[0]), sum, Kind[1], new Box("b").name);
)",
     {{"big: 4", "big: 5"},
      {"= [];", "= [{} as any];"},
      {"limit: number = 3", "limit: number = 4"},
      {"< this.limit", "<= this.limit"},
      {"this.items.push(item); ", ""},
      {"this.items[i]!", "this.items[i + 1]!"},
      {"return this.items.length }", "return -this.items.length }"},
      {"extra = 5", "extra = 6"},
      {"1 + 1", "1 - 1"},
      {"+= 1", "-= 1"},
      {"=== Kind.Big", "!== Kind.Big"},
      {"\"big\"", "\"large\""},
      {"toFixed?.(1)", "toFixed?.(2)"},
      {"`no${n!}`", "`yes${n!}`"},
      {"n * 2", "n * 3"},
      {"this.area()", "-this.area()"},
      {"** 2", "** 3"},
      {"[3, \"x\"]", "[4, \"x\"]"},
      {"typeof x === \"number\"", "typeof x === \"string\""},
      {".add({ a: 2 })", ""},
      {"sizes[key as", "-sizes[key as"},
      {"pair[0]", "pair[1]"},
      {"Kind[1]", "Kind[4]"},
      {"new Square(3)", "new Square(4)"}}},
    {"Tsx",
     "tsx",
     "a.tsx",
     R"(const React = { createElement: (tag: any, props: any, ...rest: any[]): string =>
  `<${typeof tag === "function" ? tag(props) : tag} ${JSON.stringify(props)}>${rest.flat().join("")}` };
const UI = { Item: (props: { n: number }) => "item" + props.n };
function List({ all, title = "none" }: { all: number[]; title?: string }) {
  const odd = all.filter((n) => n % 2 === 1);
  return (
    <div class="list" data-n={odd.length + 1} {...{ id: title }}>
      <h1>Title {title.toUpperCase()}</h1>
      {all.length > 2 && <b>many</b>}
      {all.map((n) => <UI.Item n={n * 2} />)}
      <>
        {odd.length ? "odd" : "even"} here
      </>
    </div>
  );
}
const identity = <T,>(x: T): T => x;
(React as any).Fragment = "f";
console.log(<List all={[1, 2, 3]} />, identity(4), <List all={[2]} title="t" />);
)",
     {{"\"none\"", "\"some\""},
      {"% 2 === 1", "% 2 === 0"},
      {"\"list\"", "\"items\""},
      {"odd.length + 1", "odd.length - 1"},
      {"id: title", "name: title"},
      {"toUpperCase", "toLowerCase"},
      {"all.length > 2", "all.length < 2"},
      {"<b>many</b>", "<b>few</b>"},
      {"n * 2", "n * 3"},
      {"\"odd\" :", "\"Odd\" :"},
      {"\"item\" +", "\"Item\" +"},
      {"[1, 2, 3]", "[1, 3]"},
      {"identity(4)", "identity(5)"},
      {" title=\"t\"", ""}}},
};

class MadeScript : public testing::TestWithParam<const Script*> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/variants-js-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string run(const std::string& command) const {
    FILE* pipe = popen(fmt::format("cd {} && {} 2>&1", folder_.string(), command).c_str(), "r");
    std::string said;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    const int status = pclose(pipe);
    return fmt::format("{}[{}]", said, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  // Each in a folder of its own: texts know their names.
  void write(const std::string& folder, const std::string& text) const {
    fs::create_directories(folder_ / folder);
    std::ofstream(folder_ / folder / GetParam()->file) << text;
  }
  // Of all that was written.
  std::string compile() const {
    if (std::string_view(GetParam()->language) == "javascript") return "[0]";
    std::ofstream(folder_ / "compile.cjs") << fmt::format(
        R"(
const ts = require("{}"), fs = require("fs")
for (const folder of fs.readdirSync("."))
  if (fs.existsSync(folder + "/{}"))
    fs.writeFileSync(folder + "/a.js", ts.transpileModule(fs.readFileSync(folder + "/{}", "utf8"), {{ compilerOptions:
      {{ target: "es2022", module: "commonjs", jsx: "react", experimentalDecorators: false }}, fileName: "{}" }}).outputText)
)",
        typescript_folder().string(), GetParam()->file, GetParam()->file, GetParam()->file);
    return run("node compile.cjs");
  }
  std::string run_in(const std::string& folder, const std::string& environment = "") const {
    const bool is_own = std::string_view(GetParam()->language) == "javascript";
    return run(fmt::format("cd {} && {} timeout 20 node {}", folder, environment,
                           is_own ? GetParam()->file : "a.js"));
  }

  fs::path folder_;
};

TEST_P(MadeScript, DoesWithEachVariantWhatTheChangedTextDoes) {
  const Script& script = *GetParam();
  if (run("node --version").find("[0]") == std::string::npos) GTEST_SKIP() << "no node";
  const bool is_compiled = std::string_view(script.language) != "javascript";
  if (is_compiled && typescript_folder().empty()) GTEST_SKIP() << "no TypeScript";
  Variants variants(indexer::language_by_name(script.language), script.text);
  for (std::size_t i = 0; i < script.changes.size(); ++i) {
    const std::string changed =
        replaced(script.text, script.changes[i].first, script.changes[i].second);
    EXPECT_EQ(variants.add(i, changed), Variants::Added::kYes) << script.changes[i].first;
    write(fmt::format("plain{}", i), changed);
  }
  std::vector<std::size_t> changes;
  const MadeText made = variants.make({}, changes);
  write("made", made.text);
  write("plain", script.text);
  ASSERT_EQ(compile(), "[0]");
  const std::string plain = run_in("plain");
  EXPECT_THAT(plain, HasSubstr("[0]"));
  EXPECT_EQ(run_in("made"), plain) << "with none alive";
  EXPECT_EQ(run_in("made", "CURLEW_SEEN=$PWD/seen"), plain) << "with notes";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string alive = run_in("made", fmt::format("CURLEW_PICK={}", i + 1));
    const std::string expected = run_in(fmt::format("plain{}", changes[i]));
    EXPECT_EQ(alive, expected) << script.changes[changes[i]].first << " -> "
                               << script.changes[changes[i]].second;
  }
  std::ifstream notes(folder_ / "made" / "seen");
  const std::string all((std::istreambuf_iterator<char>(notes)), {});
  std::set<int> firsts, seen;
  for (const MadePlace& place : made.places) firsts.insert(place.first);
  for (const int number : read_seen(all)) {
    EXPECT_TRUE(firsts.contains(number)) << number;
    EXPECT_TRUE(seen.insert(number).second) << number << " is noted twice";
  }
  EXPECT_GT(seen.size() + 3, firsts.size());
}

// Most of these do not parse, or are none; each must have an answer.
TEST_P(MadeScript, TakesAnyChange) {
  const Script& script = *GetParam();
  const auto* language = indexer::language_by_name(script.language);
  Variants variants(language, script.text);
  const std::vector<CodeToken> tokens = code_tokens(script.text, language);
  std::size_t change = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const CodeToken &token = tokens[i], &next = tokens[i + 1];
    const std::string before = script.text.substr(0, token.start);
    const std::string after = script.text.substr(token.end);
    const std::string now(token.in(script.text));
    for (const std::string& text : {before + after, before + now + " " + now + after,
                                    before + std::string(next.in(script.text)) + after})
      variants.add(change++, text);
  }
  std::vector<std::size_t> changes;
  const MadeText made = variants.make({}, changes);
  EXPECT_EQ(made.variants.size(), changes.size());
}

INSTANTIATE_TEST_SUITE_P(Languages, MadeScript,
                         testing::Values(&kScripts[0], &kScripts[1], &kScripts[2], &kScripts[3]),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace curlew::assist
