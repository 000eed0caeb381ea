// What names stand for within a file. A case is source text: "`" stands before the name that is
// asked about, "~" before the place where it is introduced; without "~" it is no local.
#include "indexer/source/scopes.h"

#include <gmock/gmock.h>

#include "indexer/source/parse.h"

namespace curlew::indexer {
namespace {

using ::testing::ElementsAre;

struct Asked {
  std::string text;
  std::size_t use = 0, definition = std::string::npos;
};

Asked read(std::string_view marked) {
  Asked out;
  for (const char c : marked) {
    if (c == '`') {
      out.use = out.text.size();
    } else if (c == '~') {
      out.definition = out.text.size();
    } else {
      out.text += c;
    }
  }
  return out;
}

void check(std::string_view language, std::string_view marked,
           BindingKind kind = BindingKind::kLocal) {
  const Asked asked = read(marked);
  FileScopes scopes;
  Parser().parse(*language_by_name(language), asked.text, scopes);
  const Binding* binding = scopes.at(static_cast<std::uint32_t>(asked.use));
  if (asked.definition == std::string::npos) {
    EXPECT_TRUE(binding == nullptr || !is_local(*binding))
        << language << ": " << marked << "\nis bound at byte " << binding->definition.start;
    return;
  }
  ASSERT_NE(binding, nullptr) << language << ": " << marked;
  EXPECT_EQ(binding->definition.start, asked.definition) << language << ": " << marked;
  EXPECT_EQ(binding_kind_name(binding->kind), binding_kind_name(kind))
      << language << ": " << marked;
}

constexpr BindingKind kParameter = BindingKind::kParameter;
constexpr BindingKind kMember = BindingKind::kMember;
constexpr BindingKind kFile = BindingKind::kFile;

TEST(Scopes, EveryQueryCompiles) {
  int count = 0;
  for (const Language& language : languages()) {
    if (language.scopes_query.empty()) continue;
    const Expected<ScopesQuery> query = ScopesQuery::compile(language);
    EXPECT_TRUE(query) << query.error().message();
    ++count;
  }
  EXPECT_GE(count, 17);
}

TEST(Scopes, Python) {
  check("python", "def f(~x):\n    return `x\n", kParameter);
  check("python", "x = 1\ndef f():\n    ~x = 2\n    return `x\n");
  check("python", "def f():\n    print(`x)\n    ~x = 2\n", BindingKind::kLocal);
  check("python", "~x = 1\ndef f():\n    return `x\n", kFile);
  check("python", "~x = 1\ndef f():\n    global x\n    x = 2\n    return `x\n", kFile);
  check("python", "def f():\n    ~x = 1\n    def g():\n        nonlocal x\n        `x = 2\n");
  check("python", "def f(~x):\n    return [x for y in `x]\n", kParameter);
  check("python", "def f(x):\n    return [`x for ~x in x]\n");
  check("python", "class A:\n    x = 1\n    def f(self):\n        return `x\n");
  check("python", "class A:\n    ~x = 1\n    y = `x\n", kMember);
  check("python", "def f(x, y=`x):\n    pass\n");
  check("python", "def f(x):\n    return g(`x=1)\n");
  check("python", "def f():\n    for ~i, j in g():\n        h(`i)\n");
  check("python", "def f():\n    with g() as ~h:\n        `h()\n");
  check("python", "def f():\n    from os import ~path\n    return `path\n");
  check("python", "f = lambda ~x: `x + 1\n", kParameter);
}

TEST(Scopes, TypeScriptAndJavaScript) {
  check("typescript", "function f(~a: number) { return `a; }", kParameter);
  check("typescript", "let a = 1; function f() { let ~a = 2; { return `a; } }");
  check("typescript", "function f() { if (g()) { let a = 2; } return `a; }");
  check("typescript", "function f() { if (g()) { var ~a = 2; } return `a; }");
  check("typescript", "const g = (~a: T) => h(`a);", kParameter);
  check("typescript", "function f<~T>(x: `T) {}", kParameter);
  check("typescript", "function f({ ~a, b: c }: P) { return `a; }");
  check("typescript", "function f(a: P) { return g.`a; }");
  check("typescript", "function f(~a: P) { return { `a }; }", kParameter);
  check("typescript", "function f(~a: P) { [`a] = g(); }", kParameter);
  check("typescript", "for (const ~x of xs) { g(`x); }");
  check("javascript", "function f(~a, b = 1) { return () => `a; }", kParameter);
  check("javascript", "try { f(); } catch (~e) { g(`e); }");
  check("javascript", "import { ~a } from './a'; function f() { return `a; }", kFile);
  check("javascript", "function f() { function ~g() {} return `g(); }");
  check("tsx", "function F({ ~title }) { return <p>{`title}</p>; }");
}

TEST(Scopes, CAndCpp) {
  check("c", "int f(int ~a) { return `a; }", kParameter);
  check("c", "int a; int f(void) { int b = a; { int a = 1; } return `a; }");
  check("c", "int f(void) { for (int ~i = 0; i < 3; `i++) {} }");
  check("c", "int f(int a); int g(void) { return `a; }");
  check("c", "int f(int (*~call)(int a)) { return `call(1); }", kParameter);
  check("c", "int f(int a) { goto `a; a: return 0; }");
  check("cpp", "void f(const Door& ~d) { for (auto& x : `d) g(x); }", kParameter);
  check("cpp", "void f() { for (auto& ~x : g()) h(`x); }");
  check("cpp", "void f() { auto [~a, b] = g(); h(`a); }");
  check("cpp", "void f() { auto g = [](int ~a) { return `a; }; }", kParameter);
  check("cpp", "template <class ~T> void f(`T x) {}", kParameter);
  check("cpp", "struct A { int ~n_; int f() { return `n_; } };", kMember);
  check("cpp", "struct A { int n_; int f(int ~n_) { return `n_; } };", kParameter);
  check("cpp", "void f(int a) { g(x->`a); }");
  check("cpp", "struct A { virtual int ~area(int w) = 0; int f() { return `area(1); } };", kMember);
  check("cpp", "struct A { int *f(int w); int g() { return `w; } };");
}

TEST(Scopes, Go) {
  check("go", "package p\nfunc f(~a int) int { return `a }", kParameter);
  check("go", "package p\nfunc f(a int) { a, ~b := g(a); h(`b) }");
  check("go", "package p\nfunc f(~a int) { if true { a := `a + 1; g(a) } }", kParameter);
  check("go", "package p\nfunc f(a int) { if true { ~a := a + 1; g(`a) } }");
  check("go", "package p\nfunc f() { for ~i := range g() { h(`i) } }");
  check("go", "package p\nfunc f() { if ~err := g(); err != nil { h(`err) } }");
  check("go", "package p\nfunc f(a T) { g(x.`a) }");
}

TEST(Scopes, Rust) {
  check("rust", "fn f(~a: u8) -> u8 { `a }", kParameter);
  check("rust", "fn f() { let a = 1; let ~a = a + 1; g(`a); }");
  check("rust", "fn f() { let ~a = 1; let a = `a + 1; g(a); }");
  check("rust", "fn f(x: Option<u8>) { if let Some(~v) = x { g(`v); } }");
  check("rust", "fn f(x: E) { match x { E::A(~v) => g(`v), _ => {} } }");
  check("rust", "fn f() { let c = |~x| `x + 1; }", kParameter);
  check("rust", "fn f(a: A) { g(b.`a); }");
}

TEST(Scopes, TheOthers) {
  check("java", "class A { int f(int ~a) { return `a; } }", kParameter);
  check("java", "class A { int ~n; int f() { return `n; } }", kMember);
  check("java", "class A { int n; int f() { int ~n = 1; return `n; } }");
  check("java", "class A { void f() { for (String ~s : g()) h(`s); } }");
  check("java", "class A { void f(int a) { this.`a = 1; } }");
  check("c_sharp", "class A { int F(int ~a) { return `a; } }", kParameter);
  check("c_sharp", "class A { int ~n; int F() { return `n; } }", kMember);
  check("c_sharp", "class A { void F() { foreach (var ~x in G()) H(`x); } }");
  check("c_sharp", "class A { void F() { var ~q = 1; G(`q); } }");
  check("kotlin", "fun f(~a: Int): Int { return `a }", kParameter);
  check("kotlin", "fun f() { val ~x = 1\n g(`x) }");
  check("kotlin", "fun f(a: Int) { g(b.`a) }");
  check("scala", "def f(~a: Int) = { `a }", kParameter);
  check("scala", "def f() = { val ~x = 1; g(`x) }");
  check("swift", "func f(with ~a: Int) -> Int { return `a }", kParameter);
  check("swift", "func f() { let ~x = 1\n g(`x) }");
  check("php", "<?php $x = 1; function f(~$a) { return `$a; }", kParameter);
  check("php", "<?php function f() { ~$x = 1; return `$x; }");
  check("php", "<?php $x = 1; function f() { return `$x; }");
  check("ruby", "def f(~a)\n  g(`a)\nend\n", kParameter);
  check("ruby", "def f\n  ~x = 1\n  g { x = `x + 1 }\nend\n");
  check("ruby", "def f\n  g { |~x| h(`x) }\nend\n", kParameter);
  check("lua", "local function f(~a) return `a end", kParameter);
  check("lua", "function f() local ~x = 1; local x = `x; end");
}

TEST(Scopes, EveryPlaceOfANameIsFound) {
  const std::string text = "def f(x):\n    x = x + 1\n    return g(x=x)\n\nx = 2\n";
  FileScopes scopes;
  Parser().parse(*language_by_name("python"), text, scopes);
  std::vector<std::uint32_t> starts;
  for (const ByteSpan place : scopes.places_of(*scopes.at(6))) starts.push_back(place.start);
  EXPECT_THAT(starts, ElementsAre(6u, 14u, 18u, 39u));
}

TEST(Scopes, BrokenSourceKeepsWhatStandsInIt) {
  check("cpp", "int f(int a) {\n  int ~count = a;\n  if (a) {\n    g(`count,");
  check("python", "def f(a):\n    ~count = a\n    g(`count,");
}

TEST(Scopes, DeepNestingTakesNoStackAndNoQuadraticTime) {
  std::string text = "int f(int a) {";
  for (int i = 0; i < 20'000; ++i) text += "{int a;";
  text += "a;";
  for (int i = 0; i < 20'000; ++i) text += "}";
  text += "}";
  FileScopes scopes;
  Parser().parse(*language_by_name("c"), text, scopes);
  SUCCEED();
}

}  // namespace
}  // namespace curlew::indexer
