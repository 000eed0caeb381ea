#define PCRE2_CODE_UNIT_WIDTH 8
#include "model/text/pretokenizer.h"

#include <pcre2.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/text/pretokenizer_expression.h"

namespace curlew::model {
namespace {

#define SPACE CURLEW_SPACE

// The tails that most expressions share: line ends with the blanks before them, then other blanks,
// of which the last is left to the word that follows.
#define BLANKS "[" SPACE "]+(?![^" SPACE "])|[" SPACE "]+"
#define LINES_AND_BLANKS "[" SPACE R"(]*[\r\n]+|)" BLANKS
#define PUNCTUATION_TO_LINE_END " ?[^" SPACE R"(\p{L}\p{N}]+[\r\n]*)"

// With the long s (U+017F) that caseless matching takes for an s; the older definitions do not.
#define CASELESS_CONTRACTIONS "'[sS\\x{17f}]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
#define CONTRACTIONS "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
#define WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"

#define GPT2 R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^)" SPACE R"(\p{L}\p{N}]+|)" BLANKS
#define QWEN2(digits) \
  CONTRACTIONS "|" WORD "|" digits "|" PUNCTUATION_TO_LINE_END "|" LINES_AND_BLANKS

// Words that begin with a capital, or are all capitals, as newer vocabularies cut them.
#define UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define CASED(end) \
  R"([^\r\n\p{L}\p{N}]?)" UPPER "*" LOWER "+" end R"(|[^\r\n\p{L}\p{N}]?)" UPPER "+" LOWER "*" end
#define PUNCTUATION_TO_SLASH " ?[^" SPACE R"(\p{L}\p{N}]+[\r\n/]*)"

#define CJK R"([\x{4e00}-\x{9fa5}\x{800}-\x{4e00}\x{ac00}-\x{d7ff}]+)"

// DeepSeek-LLM's letters: those with case, as of the Unicode version it was made with, less some.
#define CASED_LETTERS                                                                                         \
  R"([A-Za-z\x{b5}\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{1ba}\x{1bc}-\x{1bf}\x{1c4}-\x{293}\x{295}-\x{2af})"     \
  R"(\x{370}-\x{373}\x{376}\x{377}\x{37b}-\x{37d}\x{37f}\x{386}\x{388}-\x{38a}\x{38c}\x{38e}-\x{3a1})"        \
  R"(\x{3a3}-\x{3f5}\x{3f7}-\x{481}\x{48a}-\x{52f}\x{531}-\x{556}\x{10a0}-\x{10c5}\x{13a0}-\x{13f5})"         \
  R"(\x{13f8}-\x{13fd}\x{1c90}-\x{1cba}\x{1cbd}-\x{1cbf}\x{1d00}-\x{1d2b}\x{1d6b}-\x{1d77}\x{1d79}-\x{1d9a})" \
  R"(\x{1e00}-\x{1f15}\x{1f18}-\x{1f1d}\x{1f20}-\x{1f45}\x{1f48}-\x{1f4d}\x{1f50}-\x{1f57}\x{1f59}\x{1f5b})"  \
  R"(\x{1f5d}\x{1f5f}-\x{1f7d}\x{1f80}-\x{1fb4}\x{1fb6}-\x{1fbc}\x{1fbe}\x{1fc2}-\x{1fc4}\x{1fc6}-\x{1fcc})"  \
  R"(\x{1fd0}-\x{1fd3}\x{1fd6}-\x{1fdb}\x{1fe0}-\x{1fec}\x{1ff2}-\x{1ff4}\x{1ff6}-\x{1ffc}\x{2102}\x{2107})"  \
  R"(\x{210a}-\x{2113}\x{2115}\x{2119}-\x{211d}\x{2124}\x{2126}\x{2128}\x{212a}-\x{212d}\x{212f}-\x{2134})"   \
  R"(\x{2139}\x{213c}-\x{213f}\x{2145}-\x{2149}\x{214e}\x{2183}\x{2184}\x{2c00}-\x{2c7b}\x{2c7e}-\x{2ce4})"   \
  R"(\x{2ceb}-\x{2cee}\x{2cf2}\x{2cf3}\x{a640}-\x{a66d}\x{a680}-\x{a69b}\x{a722}-\x{a76f}\x{a771}-\x{a787})"  \
  R"(\x{a78b}-\x{a78e}\x{ab70}-\x{abbf}\x{fb00}-\x{fb06}\x{fb13}-\x{fb17}\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a})" \
  R"(\x{10400}-\x{1044f}\x{104b0}-\x{104d3}\x{104d8}-\x{104fb}\x{10c80}-\x{10cb2}\x{10cc0}-\x{10cf2})"        \
  R"(\x{118a0}-\x{118df}\x{1e900}-\x{1e943}])"

enum class Words { kMerge, kWhole };

struct Way {
  std::vector<std::string_view> names;
  std::vector<const char*> expressions;
  Words words = Words::kMerge;
};

const std::vector<Way>& ways() {
  static const std::vector<Way> kWays = {
      {{"", "default"}, {R"([\p{P}$+<=>^~|]+)", GPT2, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
      {{"gpt-2", "mellum"}, {GPT2}},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "mellum2"}, {R"(\p{N})", GPT2}},
      {{"qwen2", "stablelm2", "hunyuan", "solar-open", "deepseek-r1-qwen"}, {QWEN2(R"(\p{N})")}},
      {{"llama-bpe", "llama3", "llama-v3"}, {QWEN2(R"(\p{N}{1,3})")}, Words::kWhole},
      {{"seed-coder"},
       {CONTRACTIONS "|" WORD R"(|\p{N}| ?[^)" SPACE R"(\p{L}\p{N}\r\n]+|)" LINES_AND_BLANKS}},
      {{"deepseek-coder"},
       {R"([\r\n])", "[" SPACE R"(]?\p{L}+)", "[" SPACE R"(]?\p{P}+)", CJK, R"(\p{N})"}},
      {{"deepseek-llm"},
       {R"([\r\n])", "[" SPACE "]?" CASED_LETTERS "+",
        "[" SPACE
        R"(]?[!-/:-~\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff5e}\x{2018}-\x{201f}\x{3000}-\x{3002}]+)",
        "(?<![" SPACE "])[" SPACE R"(]++\z)", CJK, R"(\p{N}+)"}},
      {{"tekken"},
       {CASED("") R"(|\p{N}|)" PUNCTUATION_TO_SLASH "|" LINES_AND_BLANKS},
       Words::kWhole},
      {{"gpt-4o"},
       {CASED("(?:" CASELESS_CONTRACTIONS ")?") R"(|\p{N}{1,3}|)" PUNCTUATION_TO_SLASH
                                                "|" LINES_AND_BLANKS},
       Words::kWhole},
      {{"qwen35"},
       {CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^)" SPACE
                     R"(\p{L}\p{M}\p{N}]+[\r\n]*|)" LINES_AND_BLANKS}},
      {{"deepseek-v3"},
       {R"(\p{N}{1,3})", R"([\x{4e00}-\x{9fa5}\x{3040}-\x{30ff}]+)",
        R"([!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" LINES_AND_BLANKS}},
  };
  return kWays;
}

std::string known_names() {
  std::string names;
  for (const Way& way : ways()) {
    for (const std::string_view name : way.names) {
      if (!name.empty()) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
  }
  return names;
}

}  // namespace

// One compiled expression.
struct Pretokenizer::Expression {
  explicit Expression(pcre2_code* compiled) : code(compiled) {}
  ~Expression() { pcre2_code_free(code); }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  static Expected<std::unique_ptr<const Expression>> compile(const std::string& pattern);

  // Appends the pieces of text to words: matches, and what lies between them.
  void split(std::string_view text, pcre2_match_data* match,
             std::vector<std::string_view>& words) const;

  pcre2_code* code;
};

Expected<std::unique_ptr<const Pretokenizer::Expression>> Pretokenizer::Expression::compile(
    const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE place = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP, &error, &place, nullptr);
  if (code == nullptr) {
    return fail(Errc::kUnsupported, "expression {}: PCRE2 error {} at {}", pattern, error, place);
  }
  std::uint32_t matches_empty = 0;
  pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &matches_empty);
  if (matches_empty != 0) {
    pcre2_code_free(code);
    return fail(Errc::kUnsupported, "expression {}: it matches the empty text", pattern);
  }
  pcre2_jit_compile(code,
                    PCRE2_JIT_COMPLETE);  // without a JIT the interpreter runs: slower, the same
  return std::make_unique<const Expression>(code);
}

void Pretokenizer::Expression::split(std::string_view text, pcre2_match_data* match,
                                     std::vector<std::string_view>& words) const {
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match);
  std::size_t at = 0;
  while (at < text.size()) {
    int found = pcre2_match(code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, match, nullptr);
    if (found < 0 &&
        found != PCRE2_ERROR_NOMATCH) {  // the JIT's stack was too small for a giant word
      found = pcre2_match(code, subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match,
                          nullptr);
    }
    if (found < 0 || bounds[1] <= at)
      break;  // nothing more; or past PCRE2's limits: the rest is one word
    if (bounds[0] > at) words.push_back(text.substr(at, bounds[0] - at));
    words.push_back(text.substr(bounds[0], bounds[1] - bounds[0]));
    at = bounds[1];
  }
  if (at < text.size()) words.push_back(text.substr(at));
}

Pretokenizer::Pretokenizer() = default;
Pretokenizer::Pretokenizer(Pretokenizer&&) noexcept = default;
Pretokenizer& Pretokenizer::operator=(Pretokenizer&&) noexcept = default;
Pretokenizer::~Pretokenizer() = default;

Expected<Pretokenizer> Pretokenizer::make(std::string_view name) {
  for (const Way& way : ways()) {
    if (std::find(way.names.begin(), way.names.end(), name) == way.names.end()) continue;
    Pretokenizer made;
    made.takes_whole_words_ = way.words == Words::kWhole;
    for (const char* pattern : way.expressions)
      if (Status s = made.compile(pattern); !s) return std::move(s.error()).pass();
    return made;
  }
  return fail(Errc::kUnsupported, "pre-tokenizer \"{}\" is not known; known are {}", name,
              known_names());
}

Expected<Pretokenizer> Pretokenizer::make_of(std::span<const std::string_view> expressions) {
  Pretokenizer made;
  for (const std::string_view expression : expressions) {
    const Expected<std::string> pattern = translate_expression(expression);
    if (!pattern) return Error(pattern.error()).during("pre-tokenizer");
    if (Status s = made.compile(*pattern); !s) return std::move(s.error()).pass();
  }
  return made;
}

Status Pretokenizer::compile(const std::string& pattern) {
  Expected<std::unique_ptr<const Expression>> expression = Expression::compile(pattern);
  if (!expression) return std::move(expression.error()).during("pre-tokenizer");
  expressions_.push_back(std::move(*expression));
  return {};
}

void Pretokenizer::split(std::string_view text, std::vector<std::string_view>& words) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create(1, nullptr), &pcre2_match_data_free);
  words.assign(1, text);
  if (match == nullptr) return;  // out of memory: one word, which merges still make tokens of
  std::vector<std::string_view> finer;
  for (const std::unique_ptr<const Expression>& expression : expressions_) {
    finer.clear();
    for (const std::string_view word : words) expression->split(word, match.get(), finer);
    words.swap(finer);
  }
}

}  // namespace curlew::model
