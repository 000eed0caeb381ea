// Regular expressions over the text of files.
#include <gmock/gmock.h>

#include "indexer/text_pattern.h"
#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Pieces = std::vector<std::string>;

TEST(Pattern, KnowsWhatEveryMatchHolds) {
  EXPECT_EQ(required_pieces("foobar"), (Pieces{"foobar"}));
  EXPECT_EQ(required_pieces("foo\\.bar"), (Pieces{"bar", "foo"}));
  EXPECT_EQ(required_pieces("foo_?bar"), (Pieces{"bar", "foo"}));
  EXPECT_EQ(required_pieces("fooo*bar"), (Pieces{"bar", "foo"}));
  EXPECT_EQ(required_pieces("fooo+bar"), (Pieces{"bar", "fooo"}));
  EXPECT_EQ(required_pieces("abcd{0,3}efg"), (Pieces{"abc", "efg"}));
  EXPECT_EQ(required_pieces("^static\\s+int$"), (Pieces{"int", "static"}));
  EXPECT_EQ(required_pieces("call\\([^)]*name"), (Pieces{"call", "name"}));
  EXPECT_EQ(required_pieces("(foo|bar)bazz"), (Pieces{"bazz"}));
  EXPECT_EQ(required_pieces("[abc]def[])(]xyz"), (Pieces{"def", "xyz"}));
  EXPECT_EQ(required_pieces("\\bword\\b"), (Pieces{"word"}));
}

TEST(Pattern, PromisesNothingItDoesNotUnderstand) {
  for (const char* pattern :
       {"foo|bar", "->", "ab", "\\Qfoo.bar\\E", "(?x) foo bar", "(?ix) foo # bar", "\\x66oobar",
        "(foo)?", "(foobar)", "\\p{Lu}oobar", "foo\\", "(*UTF)foobar"})
    EXPECT_THAT(required_pieces(pattern), IsEmpty()) << pattern;
}

class PatternSearch : public ::testing::Test {
 protected:
  std::vector<std::string> search(const std::string& pattern) {
    Expected<PatternMatches> found = w.index().search_pattern({.pattern = pattern});
    if (!found) return {"error: " + found.error().message()};
    note = found->note;
    std::vector<std::string> lines;
    for (const SearchHit& hit : found->hits)
      lines.push_back(fmt::format("{}:{}:{} {}", hit.path, hit.range.start_line + 1,
                                  hit.range.start_col + 1, hit.text));
    return lines;
  }
  Workspace w;
  std::string note;
};

TEST_F(PatternSearch, SaysThatThereIsMore) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "needle\n";
  w.write("a.py", text);
  w.update();
  auto found = w.index().search_pattern({.pattern = "needle", .limit = 150});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->hits.size(), 150u) << "of one file, too";
  EXPECT_TRUE(found->is_complete);
  found = w.index().search_pattern({.pattern = "needle", .limit = 149});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->hits.size(), 149u);
  EXPECT_FALSE(found->is_complete);
  EXPECT_THAT(found->note, HasSubstr("149"));
}

TEST_F(PatternSearch, FindsWhatTheTextHolds) {
  w.write("a.cpp", "int first() {\n  return fooBar17(0xdead) -> value;\n}\n");
  w.write("b.py", "def second():\n    return 'fooBar18'  # foobar\n");
  w.update();
  EXPECT_THAT(search("fooBar\\d+"), ElementsAre("a.cpp:2:10 return fooBar17(0xdead) -> value;",
                                                "b.py:2:13 return 'fooBar18' # foobar"));
  EXPECT_THAT(search("(?i)FOOBAR1[78]"), ::testing::SizeIs(2));
  EXPECT_THAT(search("dea"), ElementsAre(HasSubstr("a.cpp:2:21")));
  EXPECT_THAT(search("-> \\w"), ElementsAre(HasSubstr("a.cpp:2:")));
  EXPECT_THAT(search("^def second"), ElementsAre("b.py:1:1 def second():"));
  EXPECT_THAT(search("nowhere_at_all"), IsEmpty());
}

TEST_F(PatternSearch, SeesOpenBuffersAndChanges) {
  w.write("a.cpp", "int old_name() { return 1; }\n");
  w.update();
  w.index().set_buffer("a.cpp",
                       std::make_shared<const std::string>("int new_name() { return 2; }\n"));
  EXPECT_THAT(search("old_na.e"), IsEmpty());
  EXPECT_THAT(search("new_na.e"), ElementsAre("a.cpp:1:5 int new_name() { return 2; }"));
}

TEST_F(PatternSearch, FindsInsideVeryLongWords) {
  w.write("a.cpp", "const char* data = \"" + std::string(300, 'x') + "needle" +
                       std::string(300, 'y') + "\";\n");
  w.update();
  EXPECT_THAT(search("xneedley"), ::testing::SizeIs(1));
}

TEST_F(PatternSearch, SaysWhatIsWrongWithAPattern) {
  w.write("a.cpp", "int x;\n");
  w.update();
  EXPECT_THAT(search("a(b"),
              ElementsAre(HasSubstr("pattern, byte 3: missing closing parenthesis")));
  EXPECT_THAT(search(""), ElementsAre(HasSubstr("1 to 1000 bytes")));
}

TEST_F(PatternSearch, AnEvilPatternEndsAndSaysSo) {
  w.write("a.cpp", "// " + std::string(5000, 'a') + "\n");
  w.update();
  EXPECT_THAT(search("(a+)+\\d"), IsEmpty());
  EXPECT_THAT(note, HasSubstr("too hard to match in 1 file"));
}

}  // namespace
}  // namespace curlew::indexer::testing
