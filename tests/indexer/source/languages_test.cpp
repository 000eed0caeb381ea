// Every language's queries against its fixture: languages/<name>/fixture.<ext> parsed gives
// expected.txt. To accept a change after reading it: CURLEW_UPDATE_EXPECTED=1 test_indexer_source
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "indexer/source/language.h"
#include "indexer/source/parse.h"
#include "indexer/source/tags.h"

namespace curlew::indexer {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Lines as editors count them, so that a person can check the file against the fixture.
std::string printed(const ParsedFile& file) {
  std::string out;
  for (const Symbol& s : file.symbols) {
    out += fmt::format("{}-{} {} {} in [{}]{}{} | {}\n", s.range.start_line + 1,
                       s.range.end_line + 1, symbol_kind_name(s.kind), s.name, s.container,
                       s.is_definition ? "" : " declared", s.is_test ? " test" : "", s.signature);
  }
  for (const Reference& r : file.references) {
    out += fmt::format("{}:{} {} {}\n", r.range.start_line + 1, r.range.start_col + 1,
                       reference_role_name(r.role), r.name);
  }
  for (const Inheritance& base : file.bases)
    out += fmt::format("{} {} is a {}\n", base.line + 1, base.type, base.base);
  for (const std::string& import : file.imports) out += "import " + import + '\n';
  for (const std::string& note : file.notes) out += "note " + note + '\n';
  if (file.error_nodes > 0) out += fmt::format("error nodes {}\n", file.error_nodes);
  return out;
}

std::vector<std::string> parsed_languages() {
  std::vector<std::string> names;
  for (const Language& language : languages()) {
    if (language.grammar != nullptr) names.emplace_back(language.name);
  }
  return names;
}

class LanguageFixture : public testing::TestWithParam<std::string> {
 protected:
  const Language& language() const { return *language_by_name(GetParam()); }
  fs::path folder() const { return fs::path(CURLEW_SOURCE_DIR) / "indexer/languages" / GetParam(); }
};

TEST_P(LanguageFixture, ItsQueryCompiles) {
  ASSERT_FALSE(language().tags_query.empty()) << "no tags.scm for " << GetParam();
  const Expected<TagsQuery> query = TagsQuery::compile(language());
  ASSERT_TRUE(query) << query.error().message();
}

TEST_P(LanguageFixture, GivesWhatIsExpected) {
  const std::string fixture = "fixture." + std::string(language().extensions.front());
  const std::string text = read(folder() / fixture);
  ASSERT_FALSE(text.empty()) << (folder() / fixture);
  const std::string got = printed(Parser().parse(language(), text));
  if (std::getenv("CURLEW_UPDATE_EXPECTED") != nullptr) {
    std::ofstream(folder() / "expected.txt", std::ios::binary) << got;
  }
  EXPECT_EQ(got, read(folder() / "expected.txt"));
}

INSTANTIATE_TEST_SUITE_P(All, LanguageFixture, testing::ValuesIn(parsed_languages()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace curlew::indexer
