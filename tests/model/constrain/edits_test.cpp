#include "model/constrain/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/constrain/small_vocabulary.h"

namespace curlew::model {
namespace {

using testing::HasSubstr;

std::string block(std::string_view searched, std::string_view written) {
  return fmt::format("<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n", searched, written);
}

// What the original becomes, or the error.
std::string edited(std::string_view original, std::string_view text) {
  const Expected<std::vector<TextEdit>> edits = read_edits(original, text);
  return edits ? apply_edits(original, *edits) : "error: " + edits.error().message();
}

TEST(ReadEdits, AppliesBlocksInOrder) {
  const std::string original = "int a;\nint b;\nint c;\n";
  EXPECT_EQ(edited(original, block("int b;\n", "long b;\nlong d;\n")),
            "int a;\nlong b;\nlong d;\nint c;\n");
  EXPECT_EQ(edited(original, block("int a;\nint b;\n", "")), "int c;\n");
  EXPECT_EQ(edited(original, block("int a;\n", "x\n") + block("int c;\n", "y\n")),
            "x\nint b;\ny\n");
  const std::string open = block("int c;\n", "z\n");
  EXPECT_EQ(edited(original, open.substr(0, open.size() - 1)), "int a;\nint b;\nz\n");
}

TEST(ReadEdits, KeepsTheOriginalsLineEnds) {
  EXPECT_EQ(edited("a\r\nb\r\nc", block("b\n", "x\ny\n")), "a\r\nx\r\ny\r\nc");
  EXPECT_EQ(edited("a\r\nb\r\nc", block("c\n", "x\ny\n")), "a\r\nb\r\nx\r\ny");
  EXPECT_EQ(edited("a\nb\r\n", block("b\n", "x\n")), "a\nx\r\n");
  EXPECT_EQ(edited("a", block("a\n", "b\n")), "b");
  EXPECT_EQ(edited("a\nb", block("b\n", "")), "a\n");
  EXPECT_EQ(edited("a\r\nb\r\n", "<<<<<<< SEARCH\r\na\r\n=======\r\nx\r\n>>>>>>> REPLACE\r\n"),
            "x\r\nb\r\n");
  EXPECT_EQ(edited("a\r\n", "x\ny"), "x\r\ny\r\n");
  EXPECT_EQ(edited("a", "x\ny\n"), "x\ny");
}

TEST(ReadEdits, RefusesWhatDoesNotApply) {
  const std::string original = "x\ny\nx\nz\n=======\n=========\n";
  EXPECT_THAT(edited(original, block("x\n", "")),
              HasSubstr("block 1: the searched lines occur 2 times"));
  EXPECT_THAT(edited(original, block("no\n", "")), HasSubstr("0 times"));
  EXPECT_THAT(edited(original, block("", "a\n")), HasSubstr("no lines"));
  EXPECT_THAT(edited(original, block("z\n", "") + block("y\n", "")),
              HasSubstr("block 2: the searched lines stand above"));
  EXPECT_THAT(edited(original, block("z\n", "") + "junk\n"), HasSubstr("line 5: expected"));
  EXPECT_THAT(edited(original, "<<<<<<< SEARCH\nz\n=======\n"), HasSubstr("not closed"));
  EXPECT_THAT(edited(original, "<<<<<<< SEARCH\nz\n>>>>>>> REPLACE\n"), HasSubstr("not closed"));
  EXPECT_THAT(edited(original, block("z\n", "<<<<<<< SEARCH\n")), HasSubstr("out of place"));
  EXPECT_EQ(edited(original, block("=========\n", "\n")), "x\ny\nx\nz\n=======\n\n");
}

// The beginnings of whole blocks that can be searched, by trying every run.
bool is_searchable(const std::vector<std::string>& lines, std::size_t begin, std::size_t end,
                   std::size_t from) {
  int places = 0;
  for (std::size_t at = 0; at + (end - begin) <= lines.size(); ++at) {
    places +=
        std::equal(lines.begin() + static_cast<long>(begin), lines.begin() + static_cast<long>(end),
                   lines.begin() + static_cast<long>(at));
  }
  const bool marked = std::any_of(lines.begin() + static_cast<long>(begin),
                                  lines.begin() + static_cast<long>(end), is_marker);
  return begin >= from && places == 1 && !marked;
}

std::vector<std::string> random_lines(std::mt19937& rng) {
  const std::vector<std::string> pool{
      "}",        "",      "  a = 1;", "  a = 12;", "=======",
      "========", "é\xff", "\rx",      "{",         ">>>>>>> REPLACE"};
  std::vector<std::string> lines;
  const std::size_t few = 3 + rng() % (pool.size() - 3);
  for (std::size_t n = 1 + rng() % 9; n > 0; --n) lines.push_back(pool[rng() % few]);
  return lines;
}

// In the search part, the text so far must begin some run of lines that occurs once and is followed
// by the divider; the mask is compared with all such runs, written out.
TEST(EditMask, SearchedLinesAreExactlyTheRunsThatOccurOnce) {
  std::mt19937 rng(23);
  for (int round = 0; round < 150; ++round) {
    const std::vector<std::string> lines = random_lines(rng);
    std::string original;
    for (const std::string& line : lines) original += line + "\n";
    const Grammar::Made grammar = Grammar::edit_of(original);
    std::vector<std::string> blocks;  // first blocks, up to the divider
    for (std::size_t begin = 0; begin < lines.size(); ++begin) {
      for (std::size_t end = begin + 1; end <= lines.size(); ++end) {
        if (!is_searchable(lines, begin, end, 0)) continue;
        std::string text = "<<<<<<< SEARCH\n";
        for (std::size_t at = begin; at < end; ++at) text += lines[at] + "\n";
        blocks.push_back(text + "=======\n");
      }
    }
    ASSERT_EQ(grammar.has_value(), !blocks.empty()) << original;
    if (!grammar) continue;
    const SmallVocabulary vocabulary(pieces_of(blocks, 120, 20, rng));
    const ConstraintCompiler compiler(vocabulary);
    const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
    const auto is_beginning = [&](const std::string& text) {
      return std::any_of(blocks.begin(), blocks.end(), [&](const std::string& b) {
        return b.starts_with(text) || (text.starts_with(b) && begins(grammar, text));
      });
    };
    std::string text;
    for (int step = 0; step < 60 && std::find(blocks.begin(), blocks.end(), text) == blocks.end();
         ++step) {
      const TokenMask& mask = constraint->allowed();
      for (TokenId id = 0; id < vocabulary.marker(); ++id) {
        const std::string longer = text + std::string(vocabulary.piece(id));
        ASSERT_EQ(mask.has(id), is_beginning(longer)) << original << "---\n" << longer;
      }
      ASSERT_FALSE(mask.has(vocabulary.end()));
      const std::vector<TokenId> ids = ids_in(mask, vocabulary.size());
      ASSERT_FALSE(ids.empty()) << original << "---\n" << text;
      const TokenId next = ids[rng() % ids.size()];
      constraint->accept(next);
      text += vocabulary.piece(next);
      if (text.find("\n=======\n") != std::string::npos) break;
    }
  }
}

TEST(EditGrammar, EveryWalkThatEndsApplies) {
  std::mt19937 rng(29);
  int whole = 0, several = 0;
  for (int round = 0; round < 300; ++round) {
    const std::vector<std::string> lines = random_lines(rng);
    std::string original;
    for (const std::string& line : lines) original += line + (rng() % 4 == 0 ? "\r\n" : "\n");
    if (rng() % 3 == 0 && original.ends_with('\n')) original.pop_back();
    const Grammar::Made grammar = Grammar::edit_of(original);
    if (!grammar) continue;
    std::vector<std::string> texts{block("  a = 1;\n", "x\n") + block("}\n", ""),
                                   "\n=======\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n"};
    std::vector<std::string> pieces = pieces_of(texts, 60, 24, rng);
    for (int i = 0; i < 3; ++i) {
      pieces.insert(pieces.end(), {"\n>>>>>>> REPLACE", "\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n",
                                   "=======\n>>>>>>> REPLACE"});
    }
    const SmallVocabulary vocabulary(pieces);
    const ConstraintCompiler compiler(vocabulary);
    for (int walk = 0; walk < 6; ++walk) {
      const Walked out = random_walk(*compiler.start(*grammar), vocabulary, 2000, rng);
      ASSERT_FALSE(out.dead_end) << original << "---\n" << out.text;
      if (!out.whole) continue;
      ++whole;
      const Expected<std::vector<TextEdit>> edits = read_edits(original, out.text);
      ASSERT_TRUE(edits) << edits.error().message() << "\n" << original << "---\n" << out.text;
      ASSERT_FALSE(edits->empty());
      several += edits->size() > 1 ? 1 : 0;
      std::size_t end = 0;
      for (const TextEdit& edit : *edits) {
        ASSERT_LE(end, edit.begin);
        ASSERT_LT(edit.begin, edit.end);
        end = edit.end;
      }
      ASSERT_LE(end, original.size());
    }
  }
  EXPECT_GT(whole, 200);
  EXPECT_GT(several, 10);
}

TEST(EditGrammar, WrittenLinesAreAnyTextButMarkers) {
  const Grammar::Made grammar = Grammar::edit_of("a\nb\n");
  const std::string head = "<<<<<<< SEARCH\na\n=======\n";
  for (const char* line :
       {"", "x", "======", "========", "======= ", ">>>>>>> REPLACEMENT", "<<<<<<<", "é漢😀\t"}) {
    EXPECT_TRUE(matches(grammar, head + line + "\n>>>>>>> REPLACE")) << line;
  }
  for (const char* line : {"=======\n", "<<<<<<< SEARCH\n", "\xff", "a\r", "\xed\xa0\x80"}) {
    EXPECT_FALSE(begins(grammar, head + line)) << line;
  }
  EXPECT_TRUE(matches(grammar, head + ">>>>>>> REPLACE"));
  EXPECT_TRUE(matches(grammar, head + ">>>>>>> REPLACE\n"));
  EXPECT_FALSE(begins(grammar, head + ">>>>>>> REPLACE\n\n"));
  EXPECT_TRUE(
      matches(grammar, head + ">>>>>>> REPLACE\n<<<<<<< SEARCH\nb\n=======\n>>>>>>> REPLACE\n"));
  EXPECT_FALSE(begins(grammar, head + ">>>>>>> REPLACE\n<<<<<<< SEARCH\na"));
  EXPECT_FALSE(matches(grammar, ""));
}

TEST(EditGrammar, AWholeTextHasBoundedLinesAndNoMarkers) {
  const Grammar::Made grammar = Grammar::edit_of("a\n", {.form = EditForm::kWhole, .lines_max = 3});
  EXPECT_TRUE(matches(grammar, "x"));
  EXPECT_TRUE(matches(grammar, "\n"));
  EXPECT_TRUE(matches(grammar, "x\ny\nz"));
  EXPECT_TRUE(matches(grammar, "x\ny\nz\n"));
  EXPECT_FALSE(begins(grammar, "x\ny\nz\na"));
  EXPECT_FALSE(matches(grammar, ""));
  EXPECT_FALSE(matches(grammar, "<<<<<<< SEARCH"));
  EXPECT_FALSE(begins(grammar, "x\n=======\n"));
  EXPECT_TRUE(matches(grammar, "<<<<<<< SEARCHING\n"));
  EXPECT_FALSE(Grammar::edit_of("a\n", {.form = EditForm::kWhole, .lines_max = -1}));
  EXPECT_TRUE(Grammar::edit_of("", {.form = EditForm::kWhole}));
  EXPECT_FALSE(Grammar::edit_of(""));
  EXPECT_FALSE(Grammar::edit_of(std::string(600'000, 'a')));

  // Lines near the limit, with tokens of many lines.
  const SmallVocabulary vocabulary({"\n\n", "a\n", "\n\n\n\n", "a\na\na\n"});
  const ConstraintCompiler compiler(vocabulary);
  const Grammar::Made many = Grammar::edit_of("a\n", {.form = EditForm::kWhole, .lines_max = 100});
  const std::unique_ptr<Constraint> c = compiler.start(*many);
  for (int lines = 0; lines <= 100; ++lines) {
    const TokenMask& mask = c->allowed();
    ASSERT_EQ(mask.has(256 + 0), lines + 2 <= 100 || false) << lines;
    ASSERT_EQ(mask.has(vocabulary.end()), lines > 0);
    c->accept('\n');
  }
}

TEST(EditGrammar, TheRestOfALineIsForcedOnceItIsKnown) {
  const Grammar::Made grammar = Grammar::edit_of("int alpha = 1;\nint beta = 2;\nreturn alpha;\n");
  const SmallVocabulary vocabulary(
      {"int", " beta", "return", " alpha", "<<<<<<< ", "SEARCH", "\n"});
  const ConstraintCompiler compiler(vocabulary);
  const std::unique_ptr<Constraint> c = compiler.start(*grammar);
  const auto text_of = [&](const std::vector<TokenId>& ids) {
    return vocabulary.decode(ids, false);
  };
  EXPECT_EQ(text_of(c->forced(99)), "<<<<<<< SEARCH");  // the line feed could join what follows
  EXPECT_TRUE(feed(*c, "<<<<<<< SEARCH\nr"));
  EXPECT_EQ(text_of(c->forced(99)), "eturn alpha;\n=======");
}

// Many equal lines, and a long original, in bounded time.
TEST(EditGrammar, RepetitiveOriginalsAreNoProblem) {
  std::string same, distinct;
  for (int i = 0; i < 20000; ++i) same += "}\n";
  for (int i = 0; i < 5000; ++i)
    distinct += fmt::format("  line {} of many, some of them alike {};\n", i, i % 7);
  std::mt19937 rng(3);
  const SmallVocabulary vocabulary(
      {"}\n", "}\n}\n}\n", "  line ", "<<<<<<< SEARCH\n", "\n=======\n>>>>>>> REPLACE\n"});
  const ConstraintCompiler compiler(vocabulary);
  for (const std::string& original : {same + "x\n", distinct}) {
    const Grammar::Made grammar = Grammar::edit_of(original);
    ASSERT_TRUE(grammar);
    EXPECT_FALSE(random_walk(*compiler.start(*grammar), vocabulary, 400, rng).dead_end);
  }
}

}  // namespace
}  // namespace curlew::model
