#include "indexer/search.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "indexer/rank.h"
#include "indexer/search_names.h"
#include "indexer/segment/string_table.h"
#include "workspace.h"

namespace curlew::indexer::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(NameMatch, PrefersExactThenPrefixThenHumpsThenSubsequence) {
  const double exact = name_match("getNextEdit", "getNextEdit");
  const double other_case = name_match("getNextEdit", "getnextedit");
  const double prefix = name_match("getNextEdit", "getN");
  const double humps = name_match("getNextEdit", "gNE");
  const double subsequence = name_match("getNextEdit", "nxi");
  EXPECT_GT(exact, other_case);
  EXPECT_GT(other_case, prefix);
  EXPECT_GT(prefix, humps);
  EXPECT_GT(humps, subsequence);
  EXPECT_GT(subsequence, 0);
}

TEST(NameMatch, FindsHumpsInSnakeCaseToo) {
  EXPECT_GT(name_match("parse_http_header", "phh"), name_match("parse_http_header", "rtp"));
  EXPECT_GT(name_match("parse_http_header", "pahthe"), 0.4);
}

TEST(NameMatch, FindsAPieceButNoLettersFromTheMiddleOfAWord) {
  EXPECT_GT(name_match("kfree", "free"), 0);
  EXPECT_GT(name_match("spin_lock_irqsave", "lockirq"), 0);
  EXPECT_EQ(name_match("getNextEdit", "txi"), 0);
  EXPECT_EQ(name_match("kfree", "re"), 0);
}

TEST(NameMatch, PrefersAPieceToSpreadLetters) {
  EXPECT_GT(name_match("a_very_long_name_with_free_in_it", "free"), name_match("formore", "fore"));
}

TEST(NameMatch, RefusesWhatIsNotThere) {
  EXPECT_EQ(name_match("open", "opens"), 0);
  EXPECT_EQ(name_match("open", ""), 0);
  EXPECT_EQ(name_match("", "a"), 0);
  EXPECT_EQ(name_match("abc", "cba"), 0);
}

TEST(NameMatch, EndsInReasonableTimeOnHostileNames) {
  EXPECT_GE(name_match(std::string(5000, 'a') + "b", std::string(200, 'a') + "c"), 0);
  std::string humps;
  for (int i = 0; i < 500; ++i) humps += "aA";
  EXPECT_GE(name_match(humps, std::string(60, 'a') + "bc"), 0);
}

Workspace& sample(Workspace& w) {
  w.write("net/http.cpp",
          "#include \"net/http.h\"\n\n"
          "namespace net {\n"
          "// Reads one header line.\n"
          "int parse_header(const char* line) {\n"
          "  int colon_position = 0;\n"
          "  return colon_position;\n"
          "}\n"
          "}  // namespace net\n");
  w.write("net/http.h", "namespace net {\nint parse_header(const char* line);\n}\n");
  w.write("tools/report.py",
          "class Report:\n    def parse_header_row(self, row):\n        return row\n");
  w.update();
  return w;
}

TEST(Search, ShowsTheDefinitionBeforeDeclarationsAndPrefixes) {
  Workspace w;
  EXPECT_THAT(sample(w).search("parse_header", SearchKind::kSymbol),
              ElementsAre("net/http.cpp:5 net::parse_header function",
                          "net/http.h:2 net::parse_header function",
                          "tools/report.py:2 Report::parse_header_row method"));
}

// A thousand names of every kind, in several segments: the best few are those that sorting all of
// them by name_match would give.
TEST(Search, GivesTheBestNamesOfVeryMany) {
  static constexpr const char* kPieces[] = {"get", "Next", "Edit", "_parse", "Header", "x", "_io"};
  Workspace w;
  std::mt19937 random(4);
  std::set<std::string> all;
  for (int file = 0; file < 6; ++file) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
      std::string name = "f";
      for (unsigned pieces = 1 + random() % 6; pieces > 0; --pieces) name += kPieces[random() % 7];
      text += fmt::format("int {}() {{ return 1; }}\n", name);
      all.insert(name);
    }
    w.write(fmt::format("f{}.c", file), text).update();  // a segment each
  }
  for (const std::string typed :
       {"fget", "fne", "fgne", "edit", "fparse_io", "fxioh", "fgetNextEdit"}) {
    std::vector<std::pair<double, std::string>> wanted;
    for (const std::string& name : all) {
      const double score = name_match(name, typed);
      if (score > 0) wanted.emplace_back(-score, name);
    }
    std::sort(wanted.begin(), wanted.end());
    Expected<std::vector<SearchHit>> hits =
        w.index().search({.text = typed, .limit = 1000, .kind = SearchKind::kSymbol});
    ASSERT_TRUE(hits);
    Expected<std::vector<SearchHit>> few =
        w.index().search({.text = typed, .limit = 8, .kind = SearchKind::kSymbol});
    ASSERT_TRUE(few);
    ASSERT_FALSE(few->empty()) << typed;
    ASSERT_LE(few->size(), hits->size());
    for (std::size_t i = 0; i < few->size(); ++i) EXPECT_EQ((*few)[i].name, (*hits)[i].name);
    // Scores fall as those of all names do, each name as often as it has symbols.
    std::map<std::string, double> scores;
    for (const auto& [score, name] : wanted) scores[name] = -score;
    EXPECT_EQ((*hits)[0].name.size(), wanted[0].second.size()) << typed;
    EXPECT_DOUBLE_EQ((*few)[0].score, -wanted[0].first) << typed;
    for (const SearchHit& hit : *few) {
      EXPECT_DOUBLE_EQ(hit.score, scores[hit.name]) << hit.name;
      EXPECT_GE(hit.score, -wanted[std::min<std::size_t>(wanted.size(), 8) - 1].first) << hit.name;
    }
  }
}

// So many that rows of bits lead to them: every hit is what looking at all names would give.
TEST(Search, FindsWhatALookAtEveryNameWouldFind) {
  static constexpr const char* kPieces[] = {"get", "Next",  "Edit", "_parse", "Header", "x",
                                            "_io", "_bus2", "RX",   "q",      "_cfg",   "Ab"};
  Workspace w;
  std::mt19937 random(6);
  std::set<std::string> all;
  const auto write = [&](const std::string& path, int count) {
    std::string text;
    for (int i = 0; i < count;) {
      std::string name = "f";
      for (unsigned pieces = 2 + random() % 5; pieces > 0; --pieces) name += kPieces[random() % 12];
      if (!all.insert(name).second) continue;
      text += fmt::format("int {}() {{ return 1; }}\n", name);
      ++i;
    }
    w.write(path, text);
  };
  for (int file = 0; file < 6; ++file) write(fmt::format("f{}.c", file), 1000);
  w.update();
  write("young.c", 50);
  w.update();
  const std::vector<std::string> names(all.begin(), all.end());
  for (int round = 0; round < 200; ++round) {
    std::string typed;
    const unsigned kept = 2 + random() % 3;
    for (const char c : names[random() % names.size()]) {
      if (random() % 4 < kept && typed.size() < 3 + random() % 12) typed += c;
    }
    if (typed.empty()) continue;
    std::vector<std::pair<double, std::string>> wanted;
    for (const std::string& name : names) {
      // Letters spread thinly are not looked for to the end.
      if (const double score = name_match(name, typed); score >= rank::kSymbolSearch.piece)
        wanted.emplace_back(score, name);
    }
    const bool has_whole = std::any_of(wanted.begin(), wanted.end(),
                                       [](const auto& each) { return each.first > 0.85; });
    if (has_whole) std::erase_if(wanted, [](const auto& each) { return each.first < 0.7; });
    std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first > b.first;
      return dictionary_less(a.second, b.second);
    });
    if (wanted.size() > 20) wanted.resize(20);
    Expected<std::vector<SearchHit>> hits =
        w.index().search({.text = typed, .limit = 20, .kind = SearchKind::kSymbol});
    ASSERT_TRUE(hits);
    ASSERT_GE(hits->size(), wanted.size()) << typed;
    if (has_whole) {
      EXPECT_EQ(hits->size(), wanted.size()) << typed;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ((*hits)[i].name, wanted[i].second) << typed;
      EXPECT_DOUBLE_EQ((*hits)[i].score, wanted[i].first) << typed;
    }
  }
}

TEST(Search, TakesQualifiedNames) {
  Workspace w;
  const auto hits = sample(w).search("Report.parse_header_row", SearchKind::kSymbol);
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits.front(), "tools/report.py:2 Report::parse_header_row method");
}

TEST(Search, FindsTextByItsBestLine) {
  Workspace w;
  Expected<std::vector<SearchHit>> hits =
      sample(w).index().search({.text = "return colon_position", .kind = SearchKind::kText});
  ASSERT_TRUE(hits);
  ASSERT_FALSE(hits->empty());
  EXPECT_EQ(hits->front().path, "net/http.cpp");
  EXPECT_EQ(hits->front().range.start_line, 6u);
  EXPECT_EQ(hits->front().range.start_col, 2u);
  EXPECT_EQ(hits->front().text, "return colon_position;");
  EXPECT_FALSE(hits->front().is_symbol);
}

TEST(Search, GivesSignaturesAndRanges) {
  Workspace w;
  Expected<std::vector<SearchHit>> hits = sample(w).index().definitions("parse_header");
  ASSERT_TRUE(hits);
  ASSERT_EQ(hits->size(), 2u);
  EXPECT_EQ((*hits)[0].text, "int parse_header(const char* line)");
  EXPECT_EQ((*hits)[0].range.start_line, 4u);
  EXPECT_EQ((*hits)[0].range.end_line, 7u);
  EXPECT_EQ((*hits)[0].name_range.start_col, 4u);
  EXPECT_EQ((*hits)[0].name_range.end_col, 16u);
}

TEST(Search, TakesAnyString) {
  Workspace w;
  sample(w);
  const std::string nasty[] = {"\"",
                               "a\"b",
                               "NEAR(a b)",
                               "a AND b OR NOT c",
                               "*",
                               "(",
                               "col:x",
                               "^a",
                               "'; DROP TABLE files; --",
                               "\xff\xfe",
                               "->*",
                               "%_",
                               std::string(100'000, 'x'),
                               "a\nb",
                               "{}[]",
                               "-1",
                               std::string("a\0b", 3),
                               "::",
                               "a::",
                               ".",
                               "\xc3\xa4hnlich"};
  for (const std::string& query : nasty) {
    for (SearchKind kind : {SearchKind::kSymbol, SearchKind::kText, SearchKind::kBoth})
      EXPECT_TRUE(w.index().search({.text = query, .kind = kind})) << query.substr(0, 40);
  }
}

TEST(Search, ShowsEveryFileOfOneText) {
  Workspace w;
  for (const char* path : {"a/x.py", "b/x.py", "c/x.py"})
    w.write(path, "def shared_one():\n    return 'needle in three places'\n");
  w.update();
  const auto paths = [&] {
    std::vector<std::string> found;
    const auto hits = w.index().search({.text = "needle", .kind = SearchKind::kText});
    EXPECT_TRUE(hits);
    for (const SearchHit& hit : *hits) found.push_back(hit.path);
    return found;
  };
  EXPECT_THAT(paths(), ElementsAre("a/x.py", "b/x.py", "c/x.py"));
  w.index().set_buffer("b/x.py", std::make_shared<const std::string>("def shared_one(): pass\n"));
  EXPECT_THAT(paths(), ElementsAre("a/x.py", "c/x.py"));
}

TEST(Search, RefusesAnEmptyQuery) {
  Workspace w;
  for (const char* query : {"", "  \t\n"}) {
    Expected<std::vector<SearchHit>> hits = sample(w).index().search({.text = query});
    ASSERT_FALSE(hits);
    EXPECT_EQ(hits.error().kind(), Errc::kInvalidInput);
  }
}

TEST(Search, KeepsTheLimit) {
  Workspace w;
  for (int i = 0; i < 50; ++i)
    w.write(fmt::format("f{}.py", i), "def same_name():\n    return 'needle'\n");
  w.update();
  for (int limit : {1, 7, 50}) {
    Expected<std::vector<SearchHit>> hits =
        w.index().search({.text = "same_name", .limit = limit, .kind = SearchKind::kSymbol});
    ASSERT_TRUE(hits);
    EXPECT_EQ(hits->size(), static_cast<std::size_t>(limit));
    hits = w.index().search({.text = "needle", .limit = limit, .kind = SearchKind::kText});
    ASSERT_TRUE(hits);
    EXPECT_EQ(hits->size(), static_cast<std::size_t>(limit));
  }
}

TEST(Search, SeesOpenBuffersInsteadOfTheirFiles) {
  Workspace w;
  sample(w);
  w.index().set_buffer("tools/report.py", std::make_shared<const std::string>(
                                              "def fresh_name():\n    return 'just typed'\n"));
  EXPECT_THAT(w.definitions("fresh_name"), ElementsAre("tools/report.py:1 fresh_name function"));
  EXPECT_THAT(w.definitions("parse_header_row"), IsEmpty());
  EXPECT_THAT(w.search("just typed", SearchKind::kText), Contains(HasSubstr("tools/report.py:2")));
  w.index().close_buffer("tools/report.py");
  EXPECT_THAT(w.definitions("fresh_name"), IsEmpty());
  EXPECT_THAT(w.definitions("parse_header_row"), Not(IsEmpty()));
}

TEST(Search, DoesNotBelieveRowsOfFilesThatChangedSince) {
  Workspace w;
  sample(w);
  w.write("tools/report.py", "# another file now\n");
  EXPECT_THAT(w.definitions("parse_header_row"), IsEmpty());
  EXPECT_TRUE(w.index().search({.text = "Report row"}));
  w.remove("tools/report.py");
  EXPECT_THAT(w.definitions("parse_header_row"), IsEmpty());
}

TEST(File, ParsesFromBufferOrDisk) {
  Workspace w;
  sample(w);
  Expected<ParsedFile> file = w.index().file("tools/report.py");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->symbols.size(), 2u);
  w.index().set_buffer("tools/report.py", std::make_shared<const std::string>("def one(): pass\n"));
  EXPECT_EQ(w.index().file("tools/report.py")->symbols.size(), 1u);
}

TEST(Search, WeighsTheContainerBeforeItCuts) {
  Workspace w;
  std::string text;
  for (int i = 0; i < 30; ++i) text += fmt::format("struct part{} {{ int flags; }};\n", i);
  text += "struct client { int flags; };\n";
  w.write("a.c", text);
  w.update();
  for (const int limit : {1, 3, 100}) {
    const auto hits =
        w.index().search({.text = "client::flags", .limit = limit, .kind = SearchKind::kSymbol});
    ASSERT_TRUE(hits);
    ASSERT_FALSE(hits->empty());
    EXPECT_EQ(hits->front().container, "client") << limit;
  }
}

TEST(File, SaysWhyNot) {
  Workspace w;
  sample(w);
  w.write(".env", "A=1\n");
  Expected<ParsedFile> missing = w.index().file("no/such.cpp");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), Errc::kNotFound);
  Expected<ParsedFile> secret = w.index().file(".env");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().kind(), Errc::kInvalidInput);
  EXPECT_THAT(secret.error().message(), HasSubstr("secret"));
}

}  // namespace
}  // namespace curlew::indexer::testing
