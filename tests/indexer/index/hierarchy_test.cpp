// Who inherits from what. "^" stands before the name that is asked about.
#include <gmock/gmock.h>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> described(const Expected<std::vector<SearchHit>>& hits) {
  std::vector<std::string> lines;
  if (!hits) return {"error: " + hits.error().message()};
  for (const SearchHit& hit : *hits)
    lines.push_back(fmt::format("{}:{}{}{}", hit.path, hit.container,
                                hit.container.empty() ? "" : " ", hit.name));
  return lines;
}

SearchHit one(Workspace& w, const std::string& name, const std::string& path) {
  auto hits = w.index().definitions(name);
  for (const SearchHit& hit : *hits) {
    if (hit.path == path) return hit;
  }
  ADD_FAILURE() << "no " << name << " in " << path;
  return {};
}

std::vector<std::string> implementations(Workspace& w, const std::string& path, std::string text) {
  const std::size_t offset = text.find('^');
  text.erase(offset, 1);
  return described(w.index().implementations_at(path, text, offset));
}

TEST(Hierarchy, FindsAllGenerations) {
  Workspace w;
  w.write("shape.h", "struct Shape {\n  virtual double area() const = 0;\n};\n");
  w.write(
      "round.h",
      "#include \"shape.h\"\nclass Round : public Shape {\n  double area() const override;\n};\n");
  w.write("disk.h",
          "#include \"round.h\"\nclass Disk final : private geo::Round {\n  double area() const "
          "override { return 1; }\n};\n");
  w.update();
  EXPECT_THAT(described(w.index().implementers_of(one(w, "Shape", "shape.h"))),
              ElementsAre("round.h:Round", "disk.h:Disk"));
  EXPECT_THAT(described(w.index().bases_of(one(w, "Disk", "disk.h"))),
              ElementsAre("round.h:Round", "shape.h:Shape"));
  EXPECT_THAT(described(w.index().overrides_of(one(w, "area", "shape.h"))),
              ElementsAre("round.h:Round area", "disk.h:Disk area"));
  EXPECT_THAT(described(w.index().overridden_by(one(w, "area", "disk.h"))),
              ElementsAre("round.h:Round area", "shape.h:Shape area"));
  EXPECT_THAT(
      implementations(w, "shape.h", "struct Shape {\n  virtual double ar^ea() const = 0;\n};\n"),
      ElementsAre("round.h:Round area", "disk.h:Disk area"));
  EXPECT_THAT(implementations(w, "x.h", "#include \"shape.h\"\nvoid f(Sha^pe& s);\n"),
              ElementsAre("round.h:Round", "disk.h:Disk"));
}

struct Language {
  std::string name, path, text;
};

class HierarchyOf : public ::testing::TestWithParam<Language> {};

// Each text has a Base with a method `run`, and Heir, which inherits and overrides.
TEST_P(HierarchyOf, TypesAndMethods) {
  Workspace w;
  w.write(GetParam().path, GetParam().text);
  w.update();
  const std::string path = GetParam().path;
  const std::vector<std::string> heirs = described(w.index().implementers_of(one(w, "Base", path)));
  ASSERT_EQ(heirs.size(), 1u);
  EXPECT_THAT(heirs[0], HasSubstr("Heir"));
  SearchHit base_run;
  const auto runs = w.index().definitions("run");
  for (const SearchHit& hit : *runs) {
    if (hit.container.ends_with("Base")) base_run = hit;
  }
  const std::vector<std::string> overrides = described(w.index().overrides_of(base_run));
  ASSERT_EQ(overrides.size(), 1u);
  EXPECT_THAT(overrides[0], HasSubstr("Heir run"));
}

INSTANTIATE_TEST_SUITE_P(
    Languages, HierarchyOf,
    ::testing::Values(
        Language{"cpp", "a.cpp",
                 "template <class T> struct Base { virtual void run(); };\nclass Heir : public "
                 "Base<int> { void run() override {} };\n"},
        Language{"java", "A.java",
                 "interface Base { void run(); }\nclass Heir implements Base { public void run() "
                 "{} }\n"},
        Language{
            "java_extends", "A.java",
            "class Base<T> { void run() {} }\nclass Heir extends Base<String> { void run() {} }\n"},
        Language{"c_sharp", "a.cs",
                 "interface Base { void run(); }\nclass Heir : Other.Base, X { public void run() "
                 "{} }\n"},
        Language{
            "typescript", "a.ts",
            "interface Base { run(): void }\nexport class Heir implements Base { run() {} }\n"},
        Language{"typescript_extends", "a.ts",
                 "abstract class Base { run() {} }\nclass Heir extends Base { run() {} }\n"},
        Language{"javascript", "a.js",
                 "class Base { run() {} }\nclass Heir extends Base { run() {} }\n"},
        Language{"python", "a.py",
                 "class Base:\n    def run(self):\n        pass\n\nclass Heir(Base, "
                 "metaclass=M):\n    def run(self):\n        pass\n"},
        Language{"rust", "a.rs",
                 "pub trait Base { fn run(&self); }\nstruct Heir<T>(T);\nimpl<T> Base for Heir<T> "
                 "{ fn run(&self) {} }\n"},
        Language{"go", "a.go",
                 "package p\n\ntype Base interface {\n\trun()\n\tstop() error\n}\n\ntype Heir "
                 "struct{}\n\nfunc (h *Heir) run() {}\nfunc (h *Heir) stop() error { return nil "
                 "}\n\ntype Half struct{}\n\nfunc (h Half) run() {}\n"},
        Language{"kotlin", "a.kt",
                 "interface Base {\n    fun run()\n}\nclass Heir(val x: Int) : Base {\n    "
                 "override fun run() {}\n}\n"},
        Language{"kotlin_class", "a.kt",
                 "open class Base {\n    open fun run() {}\n}\nclass Heir : Base() {\n    override "
                 "fun run() {}\n}\n"},
        Language{
            "scala", "a.scala",
            "trait Base { def run(): Unit }\nclass Heir extends Base { def run(): Unit = {} }\n"},
        Language{"swift", "a.swift",
                 "protocol Base {\n    func run()\n}\nclass Heir: Base {\n    func run() {}\n}\n"},
        Language{"php", "a.php",
                 "<?php\ninterface Base { function run(); }\nclass Heir implements Base { function "
                 "run() {} }\n"},
        Language{"ruby", "a.rb",
                 "class Base\n  def run\n  end\nend\nclass Heir < Base\n  def run\n  end\nend\n"},
        Language{"ruby_mixin", "a.rb",
                 "module Base\n  def run\n  end\nend\nclass Heir\n  include Base\n  def run\n  "
                 "end\nend\n"}),
    [](const auto& info) { return info.param.name; });

TEST(Hierarchy, TellsNamesakesApartByImports) {
  Workspace w;
  w.write("a/base.py", "class Base:\n    pass\n");
  w.write("b/base.py", "class Base:\n    pass\n");
  w.write("one.py", "from a.base import Base\nclass One(Base):\n    pass\n");
  w.write("two.py", "from b.base import Base\nclass Two(Base):\n    pass\n");
  w.update();
  EXPECT_THAT(described(w.index().implementers_of(one(w, "Base", "a/base.py"))),
              ElementsAre("one.py:One"));
  EXPECT_THAT(described(w.index().implementers_of(one(w, "Base", "b/base.py"))),
              ElementsAre("two.py:Two"));
}

TEST(Hierarchy, CirclesEnd) {
  Workspace w;
  w.write("a.py", "class A(B):\n    pass\nclass B(C):\n    pass\nclass C(A):\n    pass\n");
  w.update();
  EXPECT_THAT(described(w.index().implementers_of(one(w, "A", "a.py"))),
              UnorderedElementsAre("a.py:B", "a.py:C"));
}

TEST(Hierarchy, SeesOpenBuffersAndForgetsWhatTheyNoLongerSay) {
  Workspace w;
  w.write("a.py", "class Base:\n    pass\n");
  w.write("b.py", "from a import Base\nclass Old(Base):\n    pass\n");
  w.update();
  w.index().set_buffer("b.py", std::make_shared<const std::string>(
                                   "from a import Base\nclass New(Base):\n    pass\n"));
  EXPECT_THAT(described(w.index().implementers_of(one(w, "Base", "a.py"))),
              ElementsAre("b.py:New"));
}

TEST(Hierarchy, OfSomethingElseIsEmpty) {
  Workspace w;
  w.write("a.py", "def run():\n    pass\n");
  w.update();
  EXPECT_THAT(described(w.index().implementers_of(one(w, "run", "a.py"))), IsEmpty());
  EXPECT_THAT(described(w.index().overrides_of(one(w, "run", "a.py"))), IsEmpty());
}

TEST(Hierarchy, IsStillThereAfterSegmentsWereJoined) {
  Workspace w;
  w.write("base.py", "class Base:\n    pass\n");
  w.update();
  for (int i = 0; i < 40; ++i) {
    const std::string path = fmt::format("heir{:02}.py", i);
    w.write(path, fmt::format("from base import Base\nclass Heir{}(Base):\n    pass\n", i));
    ASSERT_TRUE(w.index().update_files({path}));
  }
  EXPECT_EQ(described(w.index().implementers_of(one(w, "Base", "base.py"))).size(), 40u);
}

}  // namespace
}  // namespace curlew::indexer::testing
