// Flat trees and patterns against tree-sitter's own cursor and query engine: the same nodes, the
// same matches, on every language's fixture, on damaged copies of it, and on sources of this tree.
#include "indexer/source/patterns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "indexer/source/grammar_tables.h"
#include "indexer/source/language.h"
#include "indexer/source/live_tree.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

using QueryHandle = std::unique_ptr<TSQuery, Release<ts_query_delete>>;
using CursorHandle = std::unique_ptr<TSQueryCursor, Release<ts_query_cursor_delete>>;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string_view words_of(TSNode node, std::string_view text) {
  return text.substr(ts_node_start_byte(node), ts_node_end_byte(node) - ts_node_start_byte(node));
}

TreeHandle parsed(const Language& language, std::string_view text) {
  const ParserHandle parser(ts_parser_new());
  return parse_text(parser.get(), language, nullptr, text, [] { return false; });
}

// tree-sitter's engine, and the predicates that it leaves to its callers.
class ReferenceEngine {
 public:
  explicit ReferenceEngine(const TSLanguage* language, std::string_view query) {
    std::uint32_t offset = 0;
    TSQueryError error = TSQueryErrorNone;
    query_.reset(ts_query_new(language, query.data(), static_cast<std::uint32_t>(query.size()),
                              &offset, &error));
    if (query_) return;
    const char* kind = error == TSQueryErrorStructure ? "impossible pattern" : "error";
    problem_ = fmt::format("{} {} at {}", kind, static_cast<int>(error), offset);
  }

  const std::string& problem() const { return problem_; }

  std::vector<std::string> matches(TSNode root, std::string_view text) const {
    const CursorHandle cursor(ts_query_cursor_new());
    ts_query_cursor_exec(cursor.get(), query_.get(), root);
    std::vector<std::string> out;
    TSQueryMatch match;
    while (ts_query_cursor_next_match(cursor.get(), &match)) {
      if (!accepts(match, text)) continue;
      std::string line = fmt::format("{:4}", match.pattern_index);
      for (std::uint16_t i = 0; i < match.capture_count; ++i) {
        const TSNode node = match.captures[i].node;
        std::uint32_t length = 0;
        const char* name =
            ts_query_capture_name_for_id(query_.get(), match.captures[i].index, &length);
        line += fmt::format(" @{} {}-{} {}", std::string_view(name, length),
                            ts_node_start_byte(node), ts_node_end_byte(node), ts_node_symbol(node));
      }
      out.push_back(std::move(line));
    }
    return out;
  }

 private:
  std::string_view word(const TSQueryPredicateStep& step) const {
    std::uint32_t length = 0;
    const char* text = ts_query_string_value_for_id(query_.get(), step.value_id, &length);
    return {text, length};
  }

  bool accepts(const TSQueryMatch& match, std::string_view text) const {
    std::uint32_t count = 0;
    const TSQueryPredicateStep* steps =
        ts_query_predicates_for_pattern(query_.get(), match.pattern_index, &count);
    for (std::uint32_t at = 0; at < count; ++at) {
      const std::uint32_t first = at;
      while (steps[at].type != TSQueryPredicateStepTypeDone) ++at;
      for (std::uint16_t i = 0; i < match.capture_count; ++i) {
        if (match.captures[i].index != steps[first + 1].value_id) continue;
        if (!passes(steps + first, steps + at, words_of(match.captures[i].node, text))) {
          return false;
        }
      }
    }
    return true;
  }

  bool passes(const TSQueryPredicateStep* step, const TSQueryPredicateStep* end,
              std::string_view captured) const {
    const std::string_view name = word(*step);
    if (name == "upper-case?") {
      return std::none_of(captured.begin(), captured.end(),
                          [](char c) { return c >= 'a' && c <= 'z'; });
    }
    return std::any_of(step + 2, end, [&](const TSQueryPredicateStep& s) {
      return name == "prefix?" ? captured.starts_with(word(s)) : captured == word(s);
    });
  }

  QueryHandle query_;
  std::string problem_;
};

std::vector<std::string> our_matches(const Patterns& patterns, const FlatTree& tree,
                                     std::string_view text) {
  std::vector<std::string> out;
  const auto sink = [&](std::uint16_t pattern, std::span<const Capture> captures) {
    std::string line = fmt::format("{:4}", pattern);
    for (const Capture& capture : captures) {
      const FlatNode& node = tree.nodes[capture.node];
      line += fmt::format(" @{} {}-{} {}", patterns.capture_names()[capture.id], node.span.start,
                          node.span.end, node.symbol);
    }
    out.push_back(std::move(line));
  };
  EXPECT_TRUE(patterns.match(tree, text, sink, [] { return true; }));
  return out;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The nodes as a cursor meets them; of tokens those that the flat tree keeps.
std::vector<std::string> nodes_by_cursor(const TSTree* tree, const GrammarShape& shape) {
  std::vector<std::string> out;
  TreeWalk walk(ts_tree_root_node(tree));
  do {
    const TSNode node = walk.node();
    const TSSymbol symbol = ts_node_symbol(node);
    const bool named = ts_node_is_named(node);
    const std::uint16_t field = walk.field();
    if (!named && ts_node_child_count(node) == 0 &&
        !shape.is_kept(symbol, static_cast<std::uint8_t>(field))) {
      continue;
    }
    out.push_back(fmt::format("{} {}-{} {} {} {}", walk.depth(), ts_node_start_byte(node),
                              ts_node_end_byte(node), symbol, field, named));
  } while (walk.advance(TreeWalk::Into::kChildren));
  return out;
}

std::vector<std::string> nodes_laid_flat(const FlatTree& tree) {
  std::vector<std::string> out;
  std::vector<std::uint32_t> open;
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    const FlatNode& node = tree.nodes[n];
    while (!open.empty() && open.back() <= n) open.pop_back();
    out.push_back(fmt::format("{} {}-{} {} {} {}", open.size(), node.span.start, node.span.end,
                              node.symbol, node.field, node.named));
    open.push_back(node.next);
  }
  return out;
}

template <class T>
void expect_same(const std::vector<T>& got, const std::vector<T>& want) {
  for (std::size_t i = 0; i < std::max(got.size(), want.size()); ++i) {
    ASSERT_LT(i, got.size()) << "missing: " << want[i];
    ASSERT_LT(i, want.size()) << "too many: " << got[i];
    ASSERT_EQ(got[i], want[i]) << "at " << i;
  }
}

void compare(const Language& language, std::string_view text, const Patterns& patterns,
             const ReferenceEngine& reference) {
  const TreeHandle tree = parsed(language, text);
  ASSERT_TRUE(tree);
  const TSNode root = ts_tree_root_node(tree.get());
  FlatTree flat;
  flatten(tree.get(), patterns.shape(), flat);
  EXPECT_EQ(flat.error_nodes, error_count(root));
  ASSERT_NO_FATAL_FAILURE(
      expect_same(nodes_laid_flat(flat), nodes_by_cursor(tree.get(), patterns.shape())));
  ASSERT_NO_FATAL_FAILURE(expect_same(sorted(our_matches(patterns, flat, text)),
                                      sorted(reference.matches(root, text))));
}

std::string damaged(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  static constexpr std::string_view kBits[] = {"(", ")",  "{", "}",  "\"", "'",
                                               ";", "\n", "x", "/*", "<",  "="};
  for (int i = 0; i < 4 && text.size() > 20; ++i) {
    const std::size_t at = below(text.size());
    if (below(2) == 0) {
      text.erase(at, 1 + below(12));
    } else {
      text.insert(at, kBits[below(std::size(kBits))]);
    }
  }
  return text;
}

std::vector<std::string> parsed_languages() {
  std::vector<std::string> names;
  for (const Language& language : languages()) {
    if (language.grammar != nullptr) names.emplace_back(language.name);
  }
  return names;
}

// Compiling a query takes tree-sitter up to a second: once for a language.
const ReferenceEngine& reference_of(const Language& language) {
  static std::map<std::string_view, std::unique_ptr<ReferenceEngine>> engines;
  std::unique_ptr<ReferenceEngine>& engine = engines[language.name];
  if (!engine) engine = std::make_unique<ReferenceEngine>(language.grammar(), language.tags_query);
  return *engine;
}

class PatternsOf : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Expected<std::vector<QueryPattern>> query = read_query(language_.tags_query);
    ASSERT_TRUE(query) << query.error().message();
    Expected<Patterns> patterns = Patterns::compile(language_.grammar(), *query);
    ASSERT_TRUE(patterns) << patterns.error().message();
    patterns_ = std::move(*patterns);
    // What is inherited may not be possible here; tree-sitter refuses such a query as a whole.
    if (reference_.problem().starts_with("impossible")) GTEST_SKIP() << reference_.problem();
    ASSERT_EQ(reference_.problem(), "");
  }

  std::string fixture() const {
    const std::string name = "fixture." + std::string(language_.extensions.front());
    return read(fs::path(CURLEW_SOURCE_DIR) / "indexer/languages" / language_.name / name);
  }

  const Language& language_ = *language_by_name(GetParam());
  Patterns patterns_;
  const ReferenceEngine& reference_ = reference_of(language_);
};

TEST_P(PatternsOf, MatchItsFixtureAsTreeSitterDoes) {
  ASSERT_FALSE(fixture().empty());
  compare(language_, fixture(), patterns_, reference_);
}

TEST_P(PatternsOf, MatchDamagedSourceAsTreeSitterDoes) {
  std::mt19937 random(20);
  const std::string whole = fixture();
  for (int i = 0; i < 20; ++i) {
    const std::string text = damaged(whole, random);
    SCOPED_TRACE(text);
    ASSERT_NO_FATAL_FAILURE(compare(language_, text, patterns_, reference_));
  }
}

TEST_P(PatternsOf, MatchTheSourcesOfThisTreeAsTreeSitterDoes) {
  int files = 0;
  for (const char* folder : {"indexer", "editors", "tests", "docs", "../shared/fixtures"}) {
    const fs::path root = fs::path(CURLEW_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
      if (at->path().filename() == "node_modules") at.disable_recursion_pending();
      if (files == 60 || !at->is_regular_file() || at->file_size() > 200'000) continue;
      if (language_of(at->path().string(), "") != &language_) continue;
      SCOPED_TRACE(at->path().string());
      ASSERT_NO_FATAL_FAILURE(compare(language_, read(at->path()), patterns_, reference_));
      ++files;
    }
  }
  if (files == 0) GTEST_SKIP() << "no source in " << GetParam();
}

TEST_P(PatternsOf, TablesWrittenOutGiveTheSameTree) {
  const auto tree_of = [](const TSLanguage* grammar, std::string_view text) {
    const ParserHandle parser(ts_parser_new());
    EXPECT_TRUE(ts_parser_set_language(parser.get(), grammar));
    const TreeHandle tree(ts_parser_parse_string(parser.get(), nullptr, text.data(),
                                                 static_cast<std::uint32_t>(text.size())));
    const std::unique_ptr<char, decltype(&std::free)> printed(
        ts_node_string(ts_tree_root_node(tree.get())), &std::free);
    return std::string(printed.get());
  };
  const TSLanguage* plain = with_plain_tables(language_.grammar());
  EXPECT_EQ(plain, with_plain_tables(language_.grammar()));
  std::mt19937 random(21);
  for (int i = 0; i < 20; ++i) {
    const std::string text = i == 0 ? fixture() : damaged(fixture(), random);
    ASSERT_EQ(tree_of(plain, text), tree_of(language_.grammar(), text)) << text;
  }
}

TEST_P(PatternsOf, MatchNothingInAnEmptyText) {
  compare(language_, "", patterns_, reference_);
  compare(language_, " \n\n", patterns_, reference_);
}

INSTANTIATE_TEST_SUITE_P(All, PatternsOf, testing::ValuesIn(parsed_languages()),
                         [](const auto& info) { return info.param; });

// Queries that no language has (yet), each against tree-sitter.
TEST(Patterns, WhatTheQueryLanguageHasIsMatchedAsTreeSitterDoes) {
  static constexpr std::string_view kQueries[] = {
      "(_ name: (identifier) @name) @whole",
      "(call_expression arguments: (argument_list (identifier) @a (identifier) @b)) @call",
      "(call_expression arguments: (argument_list . (identifier) @a . (identifier) @b .)) @call",
      "(call_expression arguments: (argument_list (number_literal) (identifier) @b)) @call",
      "(argument_list (number_literal) . (identifier) @b)",
      "[(if_statement) (while_statement)] @loop",
      "(binary_expression left: (_) @l \"+\" right: (_) @r)",
      "(binary_expression operator: [\"+\" \"-\"] @op)",
      "(declaration !value type: [(primitive_type) @p (type_identifier) @t] declarator: (_) @d)",
      "(if_statement condition: (_ (identifier) @used) consequence: (_ (return_statement))) @if",
      "(function_definition body: (compound_statement . (comment) @first))",
      "(return_statement . (_) @value .)",
      "((identifier) @x (#any-of? @x \"a\" \"b\"))",
      "((identifier) @x (#prefix? @x \"al\" \"be\"))",
      "((identifier) @x @y (#upper-case? @x))",
      "(compound_statement (expression_statement (call_expression)) (return_statement) @last)",
  };
  const std::string text =
      "int f(int a, int b) {\n  // first\n  if (a) { g(a, b, 1, a); return 1; }\n"
      "  while (b - a) alpha(1, /* two */ b);\n  int x = a + b, *y, z;\n  T t;\n"
      "  h(a, b); BETA(2, beta);\n  return /* c */ x;\n  return a + b - x;\n}\n";
  const Language& language = *language_by_name("c");
  for (const std::string_view query : kQueries) {
    SCOPED_TRACE(query);
    const ReferenceEngine reference(language.grammar(), query);
    ASSERT_EQ(reference.problem(), "");
    const Expected<std::vector<QueryPattern>> read = read_query(query);
    ASSERT_TRUE(read) << read.error().message();
    const Expected<Patterns> patterns = Patterns::compile(language.grammar(), *read);
    ASSERT_TRUE(patterns) << patterns.error().message();
    ASSERT_NO_FATAL_FAILURE(compare(language, text, *patterns, reference));
  }
}

TEST(Patterns, WhatIsWrongInAQueryIsNamedWithItsPlace) {
  struct Case {
    std::string_view query, message;
  };
  static constexpr Case kCases[] = {
      {"(identifier", "offset 11: expected a node at \"\""},
      {"(identifier) @", "offset 14: expected the name of a capture at \"\""},
      {"(identifier)* @x", "offset 12: expected no quantifier at \"* @x\""},
      {"identifier", "offset 0: expected a node at \"identifier\""},
      {"(unknown_kind) @x", "offset 0: the grammar has no node \"unknown_kind\""},
      {"(binary_expression no_field: (_)) @x", "offset 29: the grammar has no field \"no_field\""},
      {"\n(identifier) @x (#eq? @y \"a\")",
       "offset 18: expected the kind of a node at \"#eq? @y \"a\")\""},
      {"((identifier) @x (#eq? @y \"a\"))", "offset 17: unknown capture @y"},
      {"((identifier) @x (#wish? @x \"a\"))", "offset 17: cannot read #wish?"},
      {"((identifier) @x (#eq? @x))", "offset 17: cannot read #eq?"},
      {"(\"unclosed", "offset 10: expected '\"' at \"\""},
      {"[] @x", "offset 2: expected alternatives before at \" @x\""},
      {"(expression) @x", "offset 0: the grammar has no node \"expression\""},
      {"((identifier) (comment)) @x", "offset 14: expected ')' at \"(comment)) @x\""},
  };
  const Language& language = *language_by_name("c");
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.query);
    const Expected<std::vector<QueryPattern>> read = read_query(c.query);
    if (!read) {
      EXPECT_EQ(read.error().message(), c.message);
      continue;
    }
    const Expected<Patterns> patterns = Patterns::compile(language.grammar(), *read);
    ASSERT_FALSE(patterns);
    EXPECT_EQ(patterns.error().message(), c.message);
  }
}

TEST(Patterns, AManyfoldMatchStopsWhenTold) {
  const Language& language = *language_by_name("c");
  std::string text = "int x = f(a";
  for (int i = 0; i < 5000; ++i) text += ",a";
  text += ");";
  const Expected<std::vector<QueryPattern>> query =
      read_query("(argument_list (identifier) @a (identifier) @b)");
  ASSERT_TRUE(query);
  const Expected<Patterns> patterns = Patterns::compile(language.grammar(), *query);
  ASSERT_TRUE(patterns);
  const TreeHandle tree = parsed(language, text);
  FlatTree flat;
  flatten(tree.get(), patterns->shape(), flat);
  int looks = 0;
  std::size_t matches = 0;
  const auto sink = [&](std::uint16_t, std::span<const Capture>) { ++matches; };
  EXPECT_FALSE(patterns->match(flat, text, sink, [&] { return ++looks < 10; }));
  EXPECT_EQ(looks, 10);
  EXPECT_LT(matches, 1'000'000u);  // of twelve
}

}  // namespace
}  // namespace curlew::indexer
