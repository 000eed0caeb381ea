// What must hold of every proposal, whatever text and complaint come in: half-typed code, places that
// are not there, bytes that are no text.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "indexer/source/read_file.h"
#include "lsp/assist/repair/repair.h"

namespace curlew::assist {
namespace {

constexpr int kRoundsPerLanguage = 25;
constexpr std::size_t kFixtureBytesMax = 1 << 20, kTextBytesMax = 3000;

struct Source {
  std::string path, text;
};

std::vector<Source> fixtures() {
  std::vector<Source> sources;
  const std::filesystem::path languages =
      std::filesystem::path(CURLEW_SOURCE_DIR) / "indexer/languages";
  for (const char* name : {"c", "cpp", "go", "java", "javascript", "python", "ruby", "rust",
                           "typescript", "bash", "markdown"})
    for (const auto& entry : std::filesystem::directory_iterator(languages / name))
      if (entry.path().stem() == "fixture")
        if (auto text = indexer::read_file(entry.path(), kFixtureBytesMax))
          sources.push_back({"src/" + entry.path().filename().string(), std::move(*text)});
  return sources;
}

class Damage {
 public:
  explicit Damage(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  std::string text(const std::string& whole) {
    const std::size_t size = std::min(whole.size(), kTextBytesMax);
    const std::size_t start = below(whole.size() - size + 1);
    std::string text = whole.substr(start, size);
    std::erase(text, '\r');
    for (std::size_t n = below(6); n-- > 0;) harm(text);
    return below(3) == 0 ? with_crlf(text) : text;
  }

  // A place in the text, or beside it; a message about one of its words, or about none.
  Diagnostic complaint(const std::string& path, const std::string& text) {
    constexpr std::string_view kMessages[] = {
        "'{}' was not declared in this scope; did you mean '{}'?",
        "expected ';' before '{}' token",
        "unexpected closing delimiter: `}`",
        "too few arguments to function '{}'",
        "cannot use {} (variable of type int) as string value in argument",
        "mismatched types: expected `&str`, found `{}`",
        "IndentationError: unexpected indent",
        "name '{}' is not defined",
        "declared and not used: {}",
        "'",
        "",
        "AssertionError: assert '{}' == 12"};
    Diagnostic d;
    const std::size_t lines = 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
    d.place = {path, static_cast<int>(below(lines + 3)), static_cast<int>(below(90)), 0, 0};
    d.message = kMessages[below(std::size(kMessages))];
    for (std::size_t at; (at = d.message.find("{}")) != std::string::npos;)
      d.message.replace(at, 2, word(text));
    d.source = "test";
    if (below(3) == 0)
      d.notes.push_back({{path, static_cast<int>(below(lines + 3)), 1, 0, 0}, d.message});
    if (below(4) == 0)
      d.fixits.push_back({{path, static_cast<int>(below(lines + 3)), static_cast<int>(below(200)),
                           static_cast<int>(below(lines + 3)), static_cast<int>(below(200))},
                          "one\ntwo\r\nthree"});
    return d;
  }

 private:
  void harm(std::string& text) {
    constexpr std::string_view kThrownIn[] = {"(",   "}",  "\"", "'",     "\xff\xfe", "é",
                                              "\n",  "\t", ";",  "`",     "#",        "/*",
                                              "=> ", "{",  "\\", "return"};
    const std::size_t at = below(text.size() + 1);
    if (below(2) == 0)
      text.erase(at, below(40));
    else
      text.insert(at, kThrownIn[below(std::size(kThrownIn))]);
  }
  std::string word(const std::string& text) {
    const std::size_t begin = text.find_first_of("abcdefghijklmnopqrstuvwxyz", below(text.size()));
    if (begin == text.npos) return "x";
    return text.substr(begin, std::min<std::size_t>(text.find_first_of(" (){};,.\n", begin) - begin,
                                                    1 + below(20)));
  }
  static std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
    return out;
  }

  std::mt19937 random_;
};

bool has_only_crlf(std::string_view text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; ++at)
    if (at == 0 || text[at - 1] != '\r') return false;
  return text.find('\n') != text.npos;
}

void expect_sound(const std::vector<Candidate>& candidates, const Source& source,
                  const Diagnostic& said) {
  const bool is_crlf = has_only_crlf(source.text);
  for (const Candidate& candidate : candidates) {
    const auto after = apply_edits(source.text, candidate.edits);
    ASSERT_TRUE(after) << candidate.why << " of " << said.message << ": "
                       << after.error().message();
    EXPECT_EQ(candidate.path, source.path);
    EXPECT_FALSE(candidate.why.empty());
    EXPECT_GT(candidate.chance, 0) << candidate.why;
    if (is_crlf) {
      ASSERT_TRUE(has_only_crlf(*after) || after->find('\n') == after->npos)
          << candidate.why << ", " << said.message << ", line " << said.place.line << "\n"
          << candidate.edits.front().text;
    }
  }
}

TEST(RepairOfAnyText, ProposesOnlyWhatAppliesAndKeepsTheLineEnds) {
  std::size_t proposed = 0;
  for (const Source& whole : fixtures())
    for (int round = 0; round < kRoundsPerLanguage; ++round) {
      Damage damage(static_cast<std::uint32_t>(proposed * 31 + static_cast<std::size_t>(round)));
      const Source source{whole.path, damage.text(whole.text)};
      const Diagnostic said = damage.complaint(source.path, source.text);
      const auto candidates = propose(repair_place(said, source.path, source.text, nullptr));
      ASSERT_NO_FATAL_FAILURE(expect_sound(candidates, source, said));
      proposed += candidates.size();
    }
  EXPECT_GT(proposed, 1000u);
}

TEST(RepairOfAnyText, MutatesOnlyWithinTheText) {
  std::size_t proposed = 0;
  for (const Source& whole : fixtures())
    for (int round = 0; round < kRoundsPerLanguage; ++round) {
      Damage damage(static_cast<std::uint32_t>(proposed * 17 + static_cast<std::size_t>(round)));
      const Source source{whole.path, damage.text(whole.text)};
      const Diagnostic said = damage.complaint(source.path, source.text);
      const auto* language = indexer::language_of(source.path, source.text);
      const std::size_t start = damage.below(source.text.size() + 1);
      const std::size_t end = start + damage.below(source.text.size() - start + 1);
      const auto candidates =
          mutations_of(source.path, source.text, language, start, end, 1, said.message);
      ASSERT_NO_FATAL_FAILURE(expect_sound(candidates, source, said));
      proposed += candidates.size();
    }
  EXPECT_GT(proposed, 1000u);
}

}  // namespace
}  // namespace curlew::assist
