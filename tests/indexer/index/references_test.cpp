// Where a thing is used, and not what else has its name.
#include <gmock/gmock.h>

#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "path:line:column" of each place of what the word at "^" stands for, from 1; definitions with "=".
std::vector<std::string> references(Workspace& w, const std::string& path, std::string text) {
  const std::size_t offset = text.find('^');
  text.erase(offset, 1);
  w.index().set_buffer(path, std::make_shared<const std::string>(text));
  auto found = w.index().references_at({.path = path, .text = text, .offset = offset});
  if (!found) return {"error: " + found.error().message()};
  EXPECT_TRUE(found->is_complete);
  std::vector<std::string> lines;
  for (const FoundReference& place : found->places)
    lines.push_back(fmt::format("{}:{}:{}{}", place.path, place.range.start_line + 1,
                                place.range.start_col + 1, place.is_definition ? "=" : ""));
  return lines;
}

TEST(References, OfAMemberAreInEveryFile) {
  Workspace w;
  w.write(
      "bird.h",
      "namespace zoo {\nclass Bird {\n public:\n  int legs() const;\n};\nint count(Bird b);\n}\n");
  w.write("bird.cc",
          "#include \"bird.h\"\nnamespace zoo {\nint Bird::legs() const { return 2; }\n"
          "int count(Bird b) { return b.legs(); }\n}\n");
  w.write("main.cc",
          "#include \"bird.h\"\nint main() { zoo::Bird b; return b.legs() + zoo::count(b); }\n");
  w.update();
  EXPECT_THAT(references(w, "bird.h",
                         "namespace zoo {\nclass Bird {\n public:\n  int le^gs() const;\n};\n"
                         "int count(Bird b);\n}\n"),
              ElementsAre("bird.h:4:7=", "bird.cc:3:11=", "bird.cc:4:30", "main.cc:2:36"));
  EXPECT_THAT(references(w, "bird.h",
                         "namespace zoo {\nclass Bird {\n public:\n  int legs() const;\n};\n"
                         "int cou^nt(Bird b);\n}\n"),
              ElementsAre("bird.h:6:5=", "bird.cc:4:5=", "main.cc:2:50"));
}

TEST(References, LeaveOutWhatIsSurelyAnother) {
  Workspace w;
  w.write("a.py", "def load():\n    pass\n");
  w.write("b.py", "def load():\n    pass\nload()\n");
  w.write("use_a.py", "from a import load\nload()\n");
  w.write("use_b.py", "from b import load\nload()\n");
  w.write("local.py", "def f(load):\n    return load\n");
  w.write("other.rb", "load\n");
  w.update();
  EXPECT_THAT(references(w, "a.py", "def lo^ad():\n    pass\n"),
              ElementsAre("a.py:1:5=", "use_a.py:1:15", "use_a.py:2:1"));
}

TEST(References, OfALocalStayInItsScope) {
  Workspace w;
  w.write("b.py", "def g(side):\n    return side\n");
  w.update();
  EXPECT_THAT(references(w, "a.py", "def f(si^de):\n    return side\n"),
              ElementsAre("a.py:1:7=", "a.py:2:12"));
}

TEST(References, OfAnAliasAreThoseOfWhatItStandsFor) {
  Workspace w;
  w.write("core.py", "def make():\n    pass\n");
  w.update();
  EXPECT_THAT(references(w, "a.py", "from core import make as build\nbui^ld()\n"),
              ElementsAre("a.py:1:26=", "a.py:2:1", "a.py:1:18", "core.py:1:5="));
}

TEST(References, OfWhatNoFileDefinesGoByTheName) {
  Workspace w;
  w.write("b.c", "void g(void) { puts(\"b\"); }\n");
  w.update();
  EXPECT_THAT(references(w, "a.c", "void f(void) { pu^ts(\"a\"); }\n"),
              ElementsAre("a.c:1:16", "b.c:1:16"));
  EXPECT_THAT(references(w, "a.c", "void f(void) ^ { }\n"), IsEmpty());
}

TEST(References, CanBeStoppedAndCut) {
  Workspace w;
  w.write("b.c", "void g(void) { puts(\"b\"); }\n");
  w.update();
  const std::string text = "void f(void) { puts(\"a\"); }\n";
  std::stop_source stop;
  stop.request_stop();
  const auto stopped =
      w.index().references_at({.path = "a.c", .text = text, .offset = 16}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind(), Errc::kCancelled);
  const auto cut = w.index().references_at({.path = "a.c", .text = text, .offset = 16, .limit = 1});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->places.size(), 1u);
  EXPECT_FALSE(cut->is_complete);
}

}  // namespace
}  // namespace curlew::indexer::testing
