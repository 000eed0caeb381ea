#include <gmock/gmock.h>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "path:line container::name" of what the word at "^" stands for, lines from 1.
std::vector<std::string> resolved(Workspace& w, const std::string& path, std::string text) {
  const std::size_t offset = text.find('^');
  text.erase(offset, 1);
  if (!path.empty()) w.index().set_buffer(path, std::make_shared<const std::string>(text));
  auto hits = w.index().definitions_at(path, text, offset);
  if (!hits) return {"error: " + hits.error().message()};
  std::vector<std::string> lines;
  for (const SearchHit& hit : *hits)
    lines.push_back(
        fmt::format("{}:{} {}", hit.path, hit.name_range.start_line + 1, hit.container));
  return lines;
}

TEST(Resolve, FollowsTheImport) {
  Workspace w;
  w.write("a/codec.py", "def decode(data):\n    return 1\n");
  w.write("b/codec.py", "\ndef decode(data):\n    return 2\n");
  w.update();
  EXPECT_THAT(resolved(w, "app.py", "from b.codec import decode\n\nx = dec^ode(1)\n"),
              ElementsAre("b/codec.py:2 "));
}

TEST(Resolve, TakesTheMemberOfTheReceiversType) {
  Workspace w;
  w.write("parts.h", "struct Door {\n  void open();\n};\nstruct Window {\n  void open();\n};\n");
  w.update();
  EXPECT_THAT(
      resolved(w, "main.cpp", "#include \"parts.h\"\nvoid f(Window& pane) {\n  pane.op^en();\n}\n"),
      ElementsAre("parts.h:5 Window"));
  EXPECT_THAT(
      resolved(w, "main.cpp",
               "#include \"parts.h\"\nvoid f(Window& pane, Door* gate) {\n  gate->open^();\n}\n"),
      ElementsAre("parts.h:2 Door"));
}

TEST(Resolve, PrefersTheFileItself) {
  Workspace w;
  const std::string text = "int scale(int x) { return x; }\nint main() { return scale(2); }\n";
  w.write("main.c", text);
  w.write("other.c", "int scale(int y) { return 2 * y; }\n");
  w.update();
  EXPECT_THAT(
      resolved(w, "main.c", "int scale(int x) { return x; }\nint main() { return sc^ale(2); }\n"),
      ElementsAre("main.c:1 "));
}

TEST(Resolve, LeadsFromAHeadersDeclarationToTheDefinition) {
  Workspace w;
  w.write("include/disk.h", "#pragma once\nint read_block(int n);\n");
  w.write("src/disk.c", "#include \"disk.h\"\nint read_block(int n) { return n; }\n");
  w.update();
  EXPECT_THAT(
      resolved(w, "tool/main.c", "#include \"disk.h\"\nint main() { return read_bl^ock(1); }\n"),
      ElementsAre("src/disk.c:2 ", "include/disk.h:2 "));
}

TEST(Resolve, GivesAllWhereNothingTellsThemApart) {
  Workspace w;
  w.write("a/x.go", "package a\n\nfunc Render() {}\n");
  w.write("b/y.go", "package b\n\nfunc Render() {}\n");
  w.update();
  EXPECT_THAT(resolved(w, "c/z.go", "package c\n\nfunc f() { Ren^der() }\n"),
              ElementsAre("a/x.go:3 ", "b/y.go:3 "));
}

TEST(Resolve, ALocalIsNoSymbolOfTheWorkspace) {
  Workspace w;
  w.write("a/x.py", "def path():\n    pass\n");
  w.update();
  EXPECT_THAT(resolved(w, "c.py", "def f(path):\n    return pa^th\n"), ElementsAre("c.py:1 "));
  EXPECT_THAT(resolved(w, "c.py", "def f():\n    path = 1\n    return pa^th\n"),
              ElementsAre("c.py:2 "));
  EXPECT_THAT(resolved(w, "c.py", "def f(path):\n    return 1\nx = pa^th\n"),
              ElementsAre("a/x.py:1 "));
  EXPECT_THAT(resolved(w, "c.py", "def f(path):\n    return x.pa^th()\n"),
              ElementsAre("a/x.py:1 "));
}

TEST(Resolve, ANameThatIsImportedIsNoMemberOfThisFile) {
  Workspace w;
  w.write("tools.py", "def load():\n    pass\n");
  w.update();
  EXPECT_THAT(resolved(w, "c.py",
                       "from tools import load\nclass A:\n    def load(self):\n        lo^ad()\n"),
              ElementsAre("tools.py:1 "));
}

TEST(Resolve, TellsEveryPlaceOfALocal) {
  Workspace w;
  w.update();
  const std::string text = "def f(x):\n    x = x + 1\n    return g(x=x)\n";
  auto local = w.index().local_at("a.py", text, 14);
  ASSERT_TRUE(local && *local);
  EXPECT_EQ((*local)->kind, "parameter");
  EXPECT_EQ((*local)->definition.start_byte, 6u);
  std::vector<std::uint32_t> places;
  for (const Range& range : (*local)->places) places.push_back(range.start_byte);
  EXPECT_THAT(places, ElementsAre(6u, 14u, 18u, 39u));
  EXPECT_FALSE(*w.index().local_at("a.py", text, 35)) << "g is not introduced here";
  EXPECT_FALSE(w.index().local_at("a.py", text, text.size() + 1)) << "behind the text";
}

TEST(Resolve, GoesBehindAnAlias) {
  Workspace w;
  w.write("core.py", "def make():\n    pass\n");
  w.write("other.py", "def build():\n    pass\n");
  w.write("pad.ts", "export function pad(s: string) { return s; }\n");
  w.write("src/net.rs", "pub fn open() {}\n");
  w.write("Names.cs", "namespace Shop { class Repository { } }\n");
  w.update();
  EXPECT_THAT(resolved(w, "a.py", "from core import make as build\nbui^ld()\n"),
              ElementsAre("core.py:1 "));
  EXPECT_THAT(resolved(w, "a.ts", "import { pad as padLeft } from \"./pad\";\npadLe^ft(\"x\");\n"),
              ElementsAre("pad.ts:1 "));
  EXPECT_THAT(
      resolved(w, "src/a.rs", "use crate::net::open as open_net;\nfn f() { open^_net(); }\n"),
      ElementsAre("src/net.rs:1 "));
  EXPECT_THAT(resolved(w, "A.cs", "using Repo = Shop.Repository;\nclass A { Re^po r; }\n"),
              ElementsAre("Names.cs:1 Shop"));
}

TEST(Resolve, OffersEveryOverload) {
  Workspace w;
  w.write("vec.cpp", "");
  w.update();
  EXPECT_THAT(resolved(w, "vec.cpp",
                       "int area(int w) { return w; }\nint area(int w, int h) { return w * h; }\n"
                       "int f() { return ar^ea(1, 2); }\n"),
              ElementsAre("vec.cpp:1 ", "vec.cpp:2 "));
}

TEST(Resolve, KnowsWhichLanguagesMeanEachOther) {
  Workspace w;
  w.write("a.kt", "fun launch_all() {}\n");
  w.write("b.h", "void launch_all(void);\n");
  w.update();
  EXPECT_THAT(resolved(w, "c.rb", "launch^_all\n"), IsEmpty());
  EXPECT_THAT(resolved(w, "c.cpp", "void f() { launch^_all(); }\n"), ElementsAre("b.h:1 "));
}

TEST(Resolve, FindsNothingForWhatIsOfOtherModules) {
  Workspace w;
  w.write("user.py", "class User:\n    def join(self):\n        pass\n");
  w.write("src/exit.rs", "impl ExitCode { pub fn exit(self) {} }\n");
  w.write("move.h", "void move(int square);\n");
  w.write("shop/cart.py", "def total():\n    pass\n");
  w.update();
  EXPECT_THAT(resolved(w, "a.py", "import os\nos.path.jo^in('a')\n"), IsEmpty());
  EXPECT_THAT(resolved(w, "a.py", "def f(u):\n    u.jo^in()\n"), ElementsAre("user.py:2 User"));
  EXPECT_THAT(resolved(w, "a.py", "from shop import cart\ncart.tot^al()\n"),
              ElementsAre("shop/cart.py:1 "));
  EXPECT_THAT(resolved(w, "src/a.rs", "use std::process;\nfn f() { process::ex^it(1); }\n"),
              IsEmpty());
  EXPECT_THAT(resolved(w, "a.cpp", "void f(int& i) { g(std::mo^ve(i)); }\n"), IsEmpty());
  EXPECT_THAT(resolved(w, "a.cpp", "void f() { mo^ve(1); }\n"), ElementsAre("move.h:1 "));
}

TEST(Resolve, LeadsFromAnImportToItsFile) {
  Workspace w;
  w.write("inc/vec.h", "void vec(void);\n");
  w.write("lib/pad.ts", "export function pad() {}\n");
  w.write("pkg/deep.py", "x = 1\n");
  w.update();
  EXPECT_THAT(resolved(w, "a.c", "#include \"inc/v^ec.h\"\n"), ElementsAre("inc/vec.h:1 "));
  EXPECT_THAT(resolved(w, "a.ts", "import { pad } from './lib/p^ad';\n"),
              ElementsAre("lib/pad.ts:1 "));
  EXPECT_THAT(resolved(w, "a.py", "import pkg.de^ep\n"), ElementsAre("pkg/deep.py:1 "));
  EXPECT_THAT(resolved(w, "a.c", "#include <std^io.h>\n"), IsEmpty());
}

TEST(Resolve, TakesAnyPlace) {
  Workspace w;
  w.write("a.py", "def thing():\n    pass\n");
  w.update();
  EXPECT_THAT(resolved(w, "b.py", "^"), IsEmpty());
  EXPECT_THAT(resolved(w, "b.py", "x = 1 ^ + 2"), IsEmpty());
  EXPECT_THAT(resolved(w, "", "thing^"), ElementsAre("a.py:1 "));
  auto behind = w.index().definitions_at("b.py", "x", 2);
  ASSERT_FALSE(behind);
  EXPECT_THAT(behind.error().message(), HasSubstr("b.py"));
}

}  // namespace
}  // namespace curlew::indexer::testing
