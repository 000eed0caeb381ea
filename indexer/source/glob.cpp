#include "indexer/source/ignore.h"

namespace curlew::indexer {
namespace {

// Steps of one match: enough for any honest pattern, little enough for a hostile one.
constexpr int kStepsMax = 50'000;

bool in_named_class(std::string_view name, unsigned char c, bool& known) {
  const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z',
             digit = c >= '0' && c <= '9';
  known = true;
  if (name == "alpha") return lower || upper;
  if (name == "digit") return digit;
  if (name == "alnum") return lower || upper || digit;
  if (name == "lower") return lower;
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  if (name == "space") return c == ' ' || (c >= '\t' && c <= '\r');
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7f;
  if (name == "print") return c >= 0x20 && c < 0x7f;
  if (name == "graph") return c > 0x20 && c < 0x7f;
  if (name == "punct") return c > 0x20 && c < 0x7f && !(lower || upper || digit);
  known = false;
  return false;
}

enum class ClassResult { kMatch, kNoMatch, kMalformed };

// One "[...]"; `at` stands behind the "[" and is moved behind the "]".
class ClassReader {
 public:
  ClassReader(std::string_view glob, std::size_t& at, unsigned char c)
      : glob_(glob), at_(at), c_(c) {}

  ClassResult read() {
    const bool negated = at_ < glob_.size() && (glob_[at_] == '!' || glob_[at_] == '^');
    if (negated) ++at_;
    for (bool first = true;; first = false) {
      if (at_ >= glob_.size()) return ClassResult::kMalformed;
      const char p = glob_[at_];
      if (p == ']' && !first) break;
      if (p == '[' && at_ + 1 < glob_.size() && glob_[at_ + 1] == ':' && read_named()) {
        if (malformed_) return ClassResult::kMalformed;
        continue;
      }
      if (!read_item()) return ClassResult::kMalformed;
    }
    ++at_;
    return hit_ != negated && c_ != '/' ? ClassResult::kMatch : ClassResult::kNoMatch;
  }

 private:
  // "[:name:]". False where it is none after all, and "[" stands for itself.
  bool read_named() {
    const std::size_t close = glob_.find(']', at_ + 2);
    if (close == std::string_view::npos) return malformed_ = true;
    if (close < at_ + 3 || glob_[close - 1] != ':') return false;
    bool known = false;
    hit_ |= in_named_class(glob_.substr(at_ + 2, close - 1 - (at_ + 2)), c_, known);
    malformed_ = !known;
    at_ = close + 1;
    return true;
  }

  // "a", "\]" or "a-z".
  bool read_item() {
    unsigned char low = 0;
    if (!read_char(low)) return false;
    if (at_ + 1 < glob_.size() && glob_[at_] == '-' && glob_[at_ + 1] != ']') {
      ++at_;
      unsigned char high = 0;
      if (!read_char(high)) return false;
      hit_ |= c_ == low || (c_ > low && c_ <= high);  // as git does for "[z-a]"
    } else {
      hit_ |= c_ == low;
    }
    return true;
  }

  bool read_char(unsigned char& out) {
    if (glob_[at_] == '\\' && ++at_ >= glob_.size()) return false;
    out = static_cast<unsigned char>(glob_[at_++]);
    return true;
  }

  std::string_view glob_;
  std::size_t& at_;
  unsigned char c_;
  bool hit_ = false;
  bool malformed_ = false;
};

class Matcher {
 public:
  Matcher(std::string_view glob, std::string_view path) : glob_(glob), path_(path) {}

  bool match(std::size_t g, std::size_t p) {
    while (g < glob_.size()) {
      if (++steps_ > kStepsMax) return false;
      switch (glob_[g]) {
        case '*':
          return match_star(g, p);
        case '?':
          if (p >= path_.size() || path_[p] == '/') return false;
          ++g, ++p;
          break;
        case '[': {
          if (p >= path_.size()) return false;
          std::size_t at = g + 1;
          const auto c = static_cast<unsigned char>(path_[p]);
          if (ClassReader(glob_, at, c).read() != ClassResult::kMatch) return false;
          g = at, ++p;
          break;
        }
        case '\\':
          if (++g >= glob_.size()) return false;
          [[fallthrough]];
        default:
          if (p >= path_.size() || path_[p] != glob_[g]) return false;
          ++g, ++p;
      }
    }
    return p == path_.size();
  }

 private:
  bool match_star(std::size_t g, std::size_t p) {
    std::size_t end = g;
    while (end < glob_.size() && glob_[end] == '*') ++end;
    const bool opens = g == 0 || glob_[g - 1] == '/';
    const bool closes = end == glob_.size() || glob_[end] == '/';
    const bool any_depth = end - g >= 2 && opens && closes;
    // "**/" may stand for no folder at all.
    if (any_depth && end < glob_.size() && match(end + 1, p)) return true;
    if (end == glob_.size()) {
      return any_depth || path_.find('/', p) == std::string_view::npos;
    }
    for (;; ++p) {
      if (match(end, p)) return true;
      if (steps_ > kStepsMax || p >= path_.size()) return false;
      if (path_[p] == '/' && !any_depth) return false;
    }
  }

  std::string_view glob_;
  std::string_view path_;
  int steps_ = 0;
};

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  return Matcher(glob, path).match(0, 0);
}

}  // namespace curlew::indexer
