#define PCRE2_CODE_UNIT_WIDTH 8
#include "indexer/text_pattern.h"

#include <pcre2.h>

#include <algorithm>

#include "indexer/words.h"

namespace curlew::indexer {
namespace {

constexpr std::size_t kPatternBytesMax = 1000;
constexpr std::size_t kPieceBytesMin = 3;
// Steps of backtracking for one search: about 10 ms.
constexpr std::uint32_t kStepsMax = 500'000;

// Goes along a pattern and collects the word bytes that cannot be left out.
class PieceFinder {
 public:
  explicit PieceFinder(std::string_view pattern) : pattern_(pattern) {}

  std::vector<std::string> find() {
    // Quoting, verbs, and settings that change what letters mean ("(?x)": blanks and comments).
    for (const std::string_view odd : {"\\Q", "(?^", "(*"}) {
      if (pattern_.find(odd) != pattern_.npos) return {};
    }
    for (std::size_t i = pattern_.find("(?"); i != pattern_.npos; i = pattern_.find("(?", i + 2)) {
      const std::size_t end = pattern_.find_first_not_of("imsxnJU-", i + 2);
      if (pattern_.substr(i, end - i).find('x') != pattern_.npos) return {};
    }
    while (at_ < pattern_.size()) {
      if (!step()) return {};
    }
    close();
    std::sort(pieces_.begin(), pieces_.end());
    pieces_.erase(std::unique(pieces_.begin(), pieces_.end()), pieces_.end());
    return std::move(pieces_);
  }

 private:
  // False when nothing is required.
  bool step() {
    const char c = pattern_[at_];
    if (c == '|') return false;
    if (c == '(') return skip_group();
    if (c == '[') return skip_class();
    if (c == '\\') return escape();
    ++at_;
    if (c == '?' || c == '*' || c == '{') {
      if (!run_.empty()) run_.pop_back();  // the last byte need not be there
      close();
      if (c == '{') at_ = std::min(pattern_.find('}', at_), pattern_.size());
    } else if (is_word_byte(static_cast<unsigned char>(c)) && c != '$') {
      run_ += c;
    } else {
      close();  // "+" too: what follows the byte is not known
    }
    return true;
  }

  bool escape() {
    if (at_ + 1 >= pattern_.size()) return false;
    const char c = pattern_[at_ + 1];
    at_ += 2;
    close();
    // Those that take arguments are not worth understanding here.
    static constexpr std::string_view kPlain = "wWdDsSbBAzZtnrfvhHRNX";
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return !is_letter || kPlain.find(c) != kPlain.npos;
  }

  bool skip_class() {
    close();
    ++at_;
    if (at_ < pattern_.size() && pattern_[at_] == '^') ++at_;
    if (at_ < pattern_.size() && pattern_[at_] == ']') ++at_;
    for (; at_ < pattern_.size() && pattern_[at_] != ']'; ++at_) {
      if (pattern_[at_] == '\\') ++at_;
      if (at_ < pattern_.size() && pattern_.substr(at_).starts_with("[:"))
        at_ = std::min(pattern_.find(":]", at_) + 1, pattern_.size());
    }
    if (at_ < pattern_.size()) ++at_;
    return true;
  }

  bool skip_group() {
    close();
    int depth = 0;
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '[') {
        skip_class();
        continue;
      }
      at_ += c == '\\' ? 2 : 1;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return true;
    }
    return false;
  }

  void close() {
    if (run_.size() >= kPieceBytesMin) pieces_.push_back(run_.substr(0, 32));
    run_.clear();
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::string run_;
  std::vector<std::string> pieces_;
};

}  // namespace

std::vector<std::string> required_pieces(std::string_view pattern) {
  return PieceFinder(pattern).find();
}

struct TextPattern::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* limits = nullptr;
  ~Code() {
    pcre2_match_context_free(limits);
    pcre2_code_free(code);
  }
};

Expected<TextPattern> TextPattern::compile(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kPatternBytesMax)
    return fail(Errc::kInvalidInput, "a pattern has 1 to {} bytes, this one {}", kPatternBytesMax,
                pattern.size());
  int error = 0;
  std::size_t place = 0;
  auto code = std::make_shared<Code>();
  // Bytes, not characters: a text need not be UTF-8.
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                             PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &place, nullptr);
  if (!code->code) {
    unsigned char why[200] = {};
    pcre2_get_error_message(error, why, sizeof why);
    return fail(Errc::kInvalidInput, "pattern, byte {}: {}", place,
                reinterpret_cast<const char*>(why));
  }
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);  // where it fails, the interpreter matches
  code->limits = pcre2_match_context_create(nullptr);
  if (!code->limits) return fail(Errc::kInternal, "pattern: out of memory");
  pcre2_set_match_limit(code->limits, kStepsMax);
  return TextPattern(std::move(code));
}

TextPattern::Outcome TextPattern::find(std::string_view text, std::size_t from,
                                       Match& match) const {
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  if (!data || from > text.size()) return Outcome::kNone;
  const int found = pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                from, PCRE2_NOTEMPTY, data.get(), code_->limits);
  if (found == PCRE2_ERROR_NOMATCH) return Outcome::kNone;
  if (found < 0) return Outcome::kTooHard;
  const std::size_t* ends = pcre2_get_ovector_pointer(data.get());
  match = {std::min(ends[0], ends[1]), ends[1]};  // \K may put the start after the end
  return Outcome::kMatch;
}

}  // namespace curlew::indexer
