#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "tests/model/constrain/small_vocabulary.h"

namespace curlew::model {
namespace {

using testing::HasSubstr;

// An expression of the test's own, with the slowest matcher there is.
struct Pattern {
  enum Kind { kChar, kSequence, kEither, kRepeat } kind = kChar;
  std::string chars;  // of kChar: any of these
  std::vector<Pattern> parts;
  int times_min = 0, times_max = 0;  // times_max -1: no limit

  std::string text() const {
    std::string out;
    switch (kind) {
      case kChar:
        return chars.size() == 1 ? chars : "[" + chars + "]";
      case kSequence:
        for (const Pattern& part : parts) out += part.text();
        return "(?:" + out + ")";
      case kEither:
        for (const Pattern& part : parts) out += (out.empty() ? "" : "|") + part.text();
        return "(" + out + ")";
      case kRepeat:
        out = "(?:" + parts[0].text() + "){" + std::to_string(times_min) + ",";
        return out + (times_max < 0 ? "" : std::to_string(times_max)) + "}";
    }
    return out;
  }

  // Where a match that begins at any of `from` may end.
  std::set<std::size_t> ends(const std::string& s, const std::set<std::size_t>& from) const {
    std::set<std::size_t> out;
    switch (kind) {
      case kChar:
        for (const std::size_t at : from) {
          if (at < s.size() && chars.find(s[at]) != std::string::npos) out.insert(at + 1);
        }
        return out;
      case kSequence:
        out = from;
        for (const Pattern& part : parts) out = part.ends(s, out);
        return out;
      case kEither:
        for (const Pattern& part : parts) out.merge(part.ends(s, from));
        return out;
      case kRepeat:
        std::set<std::size_t> now = from;
        if (times_min == 0) out = from;
        const int rounds = times_max < 0 ? times_min + static_cast<int>(s.size()) + 1 : times_max;
        for (int i = 1; i <= rounds && !now.empty(); ++i) {
          now = parts[0].ends(s, now);
          if (i >= times_min) out.insert(now.begin(), now.end());
        }
        return out;
    }
    return out;
  }

  // The rest of s from any of `from` is a beginning of some match (no part is the empty language).
  bool may_go_on(const std::string& s, const std::set<std::size_t>& from) const {
    if (from.contains(s.size())) return true;
    switch (kind) {
      case kChar:
        return ends(s, from).contains(s.size());
      case kSequence: {
        std::set<std::size_t> now = from;
        for (const Pattern& part : parts) {
          if (part.may_go_on(s, now)) return true;
          now = part.ends(s, now);
        }
        return false;
      }
      case kEither:
        return std::any_of(parts.begin(), parts.end(),
                           [&](const Pattern& part) { return part.may_go_on(s, from); });
      case kRepeat: {
        std::set<std::size_t> now = from;
        const int rounds = times_max < 0 ? times_min + static_cast<int>(s.size()) + 1 : times_max;
        for (int i = 0; i < rounds && !now.empty(); ++i) {
          if (parts[0].may_go_on(s, now)) return true;
          now = parts[0].ends(s, now);
        }
        return false;
      }
    }
    return false;
  }
};

Pattern random_pattern(int depth, std::mt19937& rng) {
  const int kind = depth == 0 ? 0 : static_cast<int>(rng() % 4);
  Pattern out;
  if (kind == 0) {
    out.chars = std::string(1, static_cast<char>('a' + rng() % 3));
    if (rng() % 3 == 0) out.chars = "abc";
    return out;
  }
  out.kind = static_cast<Pattern::Kind>(kind);
  const int parts = out.kind == Pattern::kRepeat ? 1 : 1 + static_cast<int>(rng() % 3);
  for (int i = 0; i < parts; ++i) out.parts.push_back(random_pattern(depth - 1, rng));
  out.times_min = static_cast<int>(rng() % 3);
  out.times_max = rng() % 3 == 0 ? -1 : out.times_min + static_cast<int>(rng() % 3);
  if (out.times_max == 0) out.times_max = 1;
  return out;
}

TEST(RegexMask, HoldsExactlyTheTokensThatKeepTheTextABeginning) {
  std::mt19937 rng(11);
  std::vector<std::string> pieces;
  for (const char* a : {"a", "b", "c", "ab", "bc", "ca", "aa"}) {
    for (const char* b : {"a", "b", "c", "bca", "aab", "cccc"})
      pieces.push_back(std::string(a) + b);
  }
  const SmallVocabulary vocabulary(pieces);
  const ConstraintCompiler compiler(vocabulary);
  int compared = 0;
  for (int round = 0; round < 120; ++round) {
    const Pattern pattern = random_pattern(3, rng);
    const Grammar::Made grammar = Grammar::from_regex(pattern.text());
    ASSERT_TRUE(grammar) << pattern.text() << ": " << grammar.error().message();
    const std::unique_ptr<Constraint> constraint = compiler.start(*grammar);
    std::string text;
    for (int step = 0; step < 8; ++step) {
      const TokenMask& mask = constraint->allowed();
      for (TokenId id = 0; id < vocabulary.size(); ++id) {
        if (id >= vocabulary.marker()) continue;
        const std::string longer = text + std::string(vocabulary.piece(id));
        ASSERT_EQ(mask.has(id), pattern.may_go_on(longer, {0}))
            << pattern.text() << " after \"" << text << "\": " << vocabulary.piece(id);
        ++compared;
      }
      const bool whole = pattern.ends(text, {0}).contains(text.size());
      ASSERT_EQ(mask.has(vocabulary.end()), whole) << pattern.text() << " after " << text;
      ASSERT_EQ(constraint->is_complete(), whole);
      ASSERT_FALSE(mask.has(vocabulary.marker()) || mask.has(vocabulary.control()));
      const std::vector<TokenId> ids = ids_in(mask, vocabulary.size());
      ASSERT_FALSE(ids.empty());
      if (ids.size() == 1 && whole) break;
      const TokenId next = ids[rng() % ids.size()];
      if (next == vocabulary.end()) break;
      constraint->accept(next);
      text += vocabulary.piece(next);
    }
  }
  EXPECT_GT(compared, 50'000);
}

struct RegexCase {
  const char* pattern;
  std::vector<std::string> in, out;
};

TEST(Regex, MatchesWholeTexts) {
  const std::vector<RegexCase> cases{
      {"", {""}, {"a"}},
      {"abc", {"abc"}, {"", "ab", "abcd"}},
      {"^a|b$", {"a", "b"}, {"ab"}},
      {R"([a-f\d_-]+)", {"a-_9f"}, {"", "g"}},
      {"[^a-c\\n]", {"d", "é", "漢", "😀"}, {"a", "\n", "dd", "\xc3"}},
      {".", {"x", "\t", "é"}, {"\n", ""}},
      {R"(\w+\s\S\D\W)", {"ab \xc3\xa9x."}, {"ab 1x"}},
      {R"(\x41\u00e9\u{1f600}\.\\\/\-)", {"Aé😀.\\/-"}, {"Aé😀x\\/-"}},
      {"a{3}", {"aaa"}, {"aa", "aaaa"}},
      {"a{2,}", {"aa", "aaaaa"}, {"a"}},
      {"(ab){1,2}?c*?", {"ab", "ababcc"}, {"ababab"}},
      {R"({"k": \d+})", {R"({"k": 12})"}, {R"({"k": })"}},
      {"a{x}{,3}", {"a{x}{,3}"}, {"aaa"}},
      {"[]a]", {}, {}},
      {"(|a)b", {"b", "ab"}, {"a"}},
      {"([é-ü]|x)*", {"éüx", ""}, {"ý", "a"}},
      {"[\\u0000-\\u{10ffff}]", {"a", "\n", "😀", std::string(1, '\0')}, {"\xed\xa0\x80", "\xff"}},
      {"((a?){3}){2}b", {"b", "aaaaaab"}, {"aaaaaaab"}},
  };
  for (const RegexCase& c : cases) {
    const Grammar::Made grammar = Grammar::from_regex(c.pattern);
    if (c.in.empty() && c.out.empty()) {
      EXPECT_FALSE(grammar) << c.pattern;
      continue;
    }
    ASSERT_TRUE(grammar) << c.pattern << ": " << grammar.error().message();
    for (const std::string& text : c.in)
      EXPECT_TRUE(matches(grammar, text)) << c.pattern << " " << text;
    for (const std::string& text : c.out)
      EXPECT_FALSE(matches(grammar, text)) << c.pattern << " " << text;
  }
}

TEST(Regex, ErrorsNameTheOffset) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"ab(c", "offset 2"},    {"abc)", "offset 3"},
      {"a**", "offset 2"},     {"*a", "offset 0"},
      {"x[a", "offset 1"},     {"[z-a]", "offset 2"},
      {"a{3", "offset 1"},     {"a{5,2}", "fall"},
      {"(?=a)", "offset 0"},   {"a\\", "offset 1"},
      {"a\\b", "\\b"},         {"\\1", "\\1"},
      {"\\p{L}", "\\p"},       {"[[:alpha:]]", "POSIX"},
      {"a+*", "offset 2"},     {"a++", "possessive"},
      {"a^b", "offset 1"},     {"\\ud800", "no character"},
      {"[\\d-z]", "offset 3"}, {"a{999999999999}", "more than"},
      {"\xff", "UTF-8"}};
  for (const auto& [pattern, message] : cases) {
    const Grammar::Made grammar = Grammar::from_regex(pattern);
    ASSERT_FALSE(grammar) << pattern;
    EXPECT_THAT(grammar.error().message(), HasSubstr(message)) << pattern;
  }
}

TEST(Regex, PatternsThatWouldExplodeAreRefusedSoon) {
  std::string nested, options;
  for (int i = 0; i < 90; ++i) nested += "(";
  nested += "a";
  for (int i = 0; i < 90; ++i) nested += "{0,9})";
  for (int i = 0; i < 2500; ++i) options += "a?";
  const std::vector<std::string> patterns{"(a|b)*a(a|b){40}",
                                          ".*a.{500}",
                                          "(.{0,1000}){0,1000}",
                                          "((a{0,100}){0,100}){0,100}",
                                          "(a|aa|aaa)*b.{90}",
                                          nested,
                                          options,
                                          "(x+x+)+y",
                                          "[^a]{100000}",
                                          "(.*){9}{9}"};
  for (const std::string& pattern : patterns) {
    const std::clock_t begin = std::clock();  // other programs do not count
    const Grammar::Made grammar = Grammar::from_regex(pattern);
    if (grammar) {
      std::mt19937 rng(1);
      const SmallVocabulary vocabulary({"aa", "aaaa", "ab", "xx", "xy"});
      const ConstraintCompiler compiler(vocabulary);
      EXPECT_FALSE(random_walk(*compiler.start(*grammar), vocabulary, 50, rng).dead_end);
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds, 10.0) << pattern.substr(0, 40);
  }
  EXPECT_FALSE(Grammar::from_regex("(a|b)*a(a|b){40}"));
  EXPECT_FALSE(Grammar::from_regex(std::string(9000, 'a')));
  EXPECT_FALSE(Grammar::from_regex(std::string(4000, '(')));
}

TEST(Regex, ATokenMayEndInsideACharacter) {
  const SmallVocabulary vocabulary({"\xe6\xbc", "x\xe6", "\xa2y"});  // of U+6F22: e6 bc a2
  const ConstraintCompiler compiler(vocabulary);
  const std::unique_ptr<Constraint> c = compiler.start(*Grammar::from_regex("x漢y|x"));
  EXPECT_TRUE(c->allowed().has(257));
  c->accept(257);
  EXPECT_EQ(ids_in(c->allowed(), vocabulary.size()), std::vector<TokenId>{0xbc});
  c->accept(0xbc);
  EXPECT_EQ(ids_in(c->allowed(), vocabulary.size()), (std::vector<TokenId>{0xa2, 258}));
}

TEST(Regex, ForcedBytesBecomeTheTokenizersTokens) {
  const SmallVocabulary vocabulary({"ret", "return", " tr", "true", " true", ";\n"});
  const ConstraintCompiler compiler(vocabulary);
  const auto forced = [&](const char* pattern, std::string_view text, int max) {
    const std::unique_ptr<Constraint> c = compiler.start(*Grammar::from_regex(pattern));
    EXPECT_TRUE(feed(*c, text)) << pattern;
    std::vector<std::string> out;
    for (const TokenId id : c->forced(max)) {
      EXPECT_TRUE(c->allowed().has(id));
      c->accept(id);
      out.emplace_back(vocabulary.piece(id));
    }
    return out;
  };
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(forced("return true;\\n", "", 9), (Pieces{"return", " true", ";\n"}));
  EXPECT_EQ(forced("return true;\\n", "", 2), (Pieces{"return", " true"}));
  EXPECT_EQ(forced("return (true|try)", "", 9), (Pieces{"return"}));  // " tr" may grow
  EXPECT_EQ(forced("return true|return", "", 9), Pieces{});           // whole, but may go on
  EXPECT_EQ(forced("a|b", "", 9), Pieces{});
  EXPECT_EQ(forced("a|b", "a", 9), Pieces{});
}

TEST(OneOf, AllowsTheGivenTextsOnly) {
  const std::vector<std::string> texts{"fix", "fixes", "feat", "é\n"};
  const Grammar::Made grammar = Grammar::one_of(texts);
  for (const std::string& text : texts) EXPECT_TRUE(matches(grammar, text));
  EXPECT_FALSE(matches(grammar, "fixe"));
  EXPECT_TRUE(begins(grammar, "fixe"));
  EXPECT_FALSE(begins(grammar, "fo"));
  EXPECT_FALSE(Grammar::one_of({}));
}

// Counting states far from their limits share masks; near them they do not. Every length is tried
// with tokens of all lengths.
TEST(RegexMask, CountsExactlyNearALimitAndFarFromIt) {
  std::vector<std::string> pieces;
  for (std::size_t n = 2; n < 60; ++n) pieces.emplace_back(n, 'a');
  const SmallVocabulary vocabulary(pieces);
  const ConstraintCompiler compiler(vocabulary);
  const std::unique_ptr<Constraint> c = compiler.start(*Grammar::from_regex("a{90,150}"));
  for (std::size_t length = 0; length <= 150; ++length) {
    const TokenMask& mask = c->allowed();
    for (std::size_t n = 2; n < 60; ++n) {
      ASSERT_EQ(mask.has(static_cast<TokenId>(254 + n)), length + n <= 150) << length << " " << n;
    }
    ASSERT_EQ(mask.has(vocabulary.end()), length >= 90);
    c->accept('a');
  }
}

}  // namespace
}  // namespace curlew::model
