#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "lsp/assist/repair/mutations.h"

namespace curlew::assist {
namespace {

constexpr double kNearlyTold = 0.85;  // one letter away from what the test has
constexpr double kSignTold = 0.45;    // one sign for another: the test has many
constexpr double kNumber = 0.4, kNextNumber = 0.93;
constexpr std::size_t kNumbersMax = 8;
constexpr std::size_t kSignsMax = 8;
constexpr std::size_t kStringBytesMax = 60, kToldBytesMax = 1 << 16;

// What `word` is one letter away from in `told`, where `told` does not have it as it is.
std::set<std::string> nearly(std::string_view word, std::string_view told) {
  std::set<std::string> found;
  for (std::size_t at = 0; at + word.size() <= told.size(); ++at) {
    int differ = 0;
    for (std::size_t i = 0; i < word.size() && differ < 2; ++i) differ += told[at + i] != word[i];
    if (differ == 0) return {};
    if (differ == 1) found.emplace(told.substr(at, word.size()));
  }
  return found;
}

class LiteralMutator {
 public:
  LiteralMutator(const MutatedCode& code, std::string_view told, std::vector<Candidate>& out)
      : code_(code), told_(told.substr(0, kToldBytesMax)), out_(out) {}

  void run() {
    count_numbers();
    for (const CodeToken& token : code_.own()) {
      if (token.kind == TokenKind::kString) change_string(token);
      if (token.kind == TokenKind::kNumber) change_number(token);
    }
  }

 private:
  void change_string(const CodeToken& token) {
    const std::string_view literal = token.in(code_.text);
    if (literal.size() < 3 || literal.size() > kStringBytesMax) return;
    const std::string_view inside = literal.substr(1, literal.size() - 2);
    if (inside.find_first_of("\\\n\"") != inside.npos) return;
    const auto put = [&](const std::string& other, double weight) {
      code_.add({token.start + 1, token.end - 1, other}, weight,
                fmt::format("`{}` may be `{}`, which the test has", inside, other), out_);
    };
    if (inside.size() <= 2) return change_signs(inside, put);
    double weight = kNearlyTold;
    for (const std::string& other : nearly(inside, told_)) {
      if (other.find_first_of("\\\n\"") != std::string::npos) continue;
      put(other, weight);
      weight *= 0.9;
    }
  }

  // One or two characters: each may be another sign of the test's, the most frequent first.
  template <class Put>
  void change_signs(std::string_view inside, const Put& put) {
    std::map<char, int> counts;
    for (const char c : told_)
      if (c > ' ' && c < 0x7f && !std::isalnum(static_cast<unsigned char>(c)) && c != '\\' &&
          c != '"')
        ++counts[c];
    std::vector<std::pair<int, char>> order = {{1 << 30, ' '}};
    for (const auto& [c, count] : counts) order.emplace_back(count, c);
    std::ranges::stable_sort(order, std::greater());
    if (order.size() > kSignsMax) order.resize(kSignsMax);
    double weight = kSignTold;
    for (const auto& [count, c] : order) {
      for (std::size_t i = 0; i < inside.size(); ++i) {
        std::string other(inside);
        other[i] = c;
        if (other != inside) put(other, weight);
      }
      weight *= 0.93;
    }
  }

  // The most frequent of the text, and the small ones.
  void count_numbers() {
    std::map<std::string_view, int> counts = {{"0", 2}, {"1", 2}, {"2", 1}};
    for (const CodeToken& token : code_.tokens)
      if (token.kind == TokenKind::kNumber) ++counts[token.in(code_.text)];
    std::vector<std::pair<int, std::string_view>> order;
    for (const auto& [number, count] : counts) order.emplace_back(count, number);
    std::ranges::stable_sort(order, std::greater());
    for (const auto& [count, number] : order)
      if (numbers_.size() < kNumbersMax) numbers_.push_back(number);
  }
  void change_number(const CodeToken& token) {
    double weight = kNumber;
    for (const std::string_view other : numbers_) {
      if (other != token.in(code_.text))
        code_.add({token.start, token.end, std::string(other)}, weight,
                  fmt::format("`{}` may be `{}`", token.in(code_.text), other), out_);
      weight *= kNextNumber;
    }
  }

  const MutatedCode& code_;
  const std::string_view told_;
  std::vector<Candidate>& out_;
  std::vector<std::string_view> numbers_;
};

}  // namespace

void mutate_literals(const MutatedCode& code, std::string_view told, std::vector<Candidate>& out) {
  LiteralMutator(code, told, out).run();
}

}  // namespace curlew::assist
