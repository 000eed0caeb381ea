// A type that is another one: on the complaint's line, in the head of its function, and where the
// names of that line are declared.
#include <algorithm>
#include <set>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

constexpr double kSaid = 0.7;    // a type that the message has
constexpr double kOther = 0.4;   // one that is common
constexpr double kSilent = 0.5;  // how much less, where the message is not about types
constexpr std::size_t kOthersMax = 7;

bool is_word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

class TypeEngine {
 public:
  TypeEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), types_(common_types(place.language)), candidates_(candidates) {}

  void run() {
    if (types_.empty()) return;
    find_said();
    const std::string_view message = place_.diagnostic.message;
    const bool is_about =
        !said_.empty() || says(message, {"type", "Type", "convert", "mismatch", "incompatible",
                                         "ambiguating", "declar"});
    const int here = place_.diagnostic.place.line;
    std::set<int> done;
    const auto look_at = [&](int line, double weight) {
      if (line < 1 || line > place_.lines.count() || !done.insert(line).second) return;
      change_line(line, weight * (is_about ? 1 : kSilent));
    };
    look_at(here, 1);
    for (const Diagnostic::Note& note : place_.diagnostic.notes)
      if (note.place.path == place_.path) look_at(note.place.line, 0.9);
    const LineSpan around = lines_around(place_);
    look_at(around.first, 0.9);
    for (const int line : declaring_lines(here)) look_at(line, 0.75);
    for (int line = around.first; line <= here; ++line) look_at(line, 0.5);
  }

 private:
  void find_said() {
    const auto note = [&](std::string_view message) {
      for (std::string& word : quoted_words(message))
        if (word.size() < 40 && std::ranges::find(said_, word) == said_.end())
          said_.push_back(std::move(word));
    };
    note(place_.diagnostic.message);
    for (const Diagnostic::Note& one : place_.diagnostic.notes) note(one.message);
    // Go names types without quotes.
    const std::string_view message = place_.diagnostic.message;
    for (const std::string_view type : types_)
      if (const std::size_t at = message.find(type);
          at != message.npos && is_whole(message, at, type))
        said_.emplace_back(type);
    std::erase_if(said_, [&](const std::string& word) {
      return std::ranges::find(types_, word) == types_.end() && !is_declared(word);
    });
  }
  // A type of this text's own.
  bool is_declared(std::string_view word) const {
    return is_name(word) && std::isupper(static_cast<unsigned char>(word[0])) &&
           place_.text.find(word) != std::string_view::npos;
  }
  static bool is_whole(std::string_view text, std::size_t at, std::string_view word) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !(is_word_byte(text[at - 1]) || text[at - 1] == ':');
    return begins && (end >= text.size() || !(is_word_byte(text[end]) || text[end] == ':') ||
                      !is_word_byte(word.back()) || text.substr(end).starts_with(": "));
  }

  // Where a name of the line stands before a type, in a struct, say: the nearest few.
  std::vector<int> declaring_lines(int here) const {
    constexpr std::size_t kLinesMax = 6;
    std::set<std::string_view> names;
    for (const CodeToken& token : place_.tokens)
      if (token.kind == TokenKind::kWord && place_.lines.line_of(token.start) == here)
        names.insert(token.in(place_.text));
    std::vector<int> lines;
    for (const CodeToken& token : place_.tokens) {
      const int line = place_.lines.line_of(token.start);
      if (token.kind != TokenKind::kWord || !names.contains(token.in(place_.text))) continue;
      if (line == here || std::ranges::find(lines, line) != lines.end()) continue;
      const std::string_view text = place_.lines.text(line);
      const bool has_type = std::ranges::any_of(types_, [&](std::string_view type) {
        const std::size_t at = text.find(type);
        return at != text.npos && is_whole(text, at, type);
      });
      if (has_type) lines.push_back(line);
    }
    std::ranges::stable_sort(lines, {}, [&](int line) { return std::abs(line - here); });
    if (lines.size() > kLinesMax) lines.resize(kLinesMax);
    return lines;
  }

  void change_line(int line, double weight) {
    const std::string_view text = place_.lines.text(line);
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const std::string_view type : types_)
        if (text.substr(at).starts_with(type) && is_whole(text, at, type))
          change(place_.lines.start(line) + at, type, weight);
  }

  void change(std::size_t at, std::string_view type, double weight) {
    std::size_t count = 0;
    const auto add = [&](std::string_view other, double chance) {
      if (other == type || ++count > kOthersMax) return;
      candidates_.push_back({place_.path,
                             {{at, at + type.size(), std::string(other)}},
                             fmt::format("`{}` may be `{}`", type, other),
                             chance * weight});
    };
    for (const std::string& said : said_) add(said, kSaid);
    double order = 1;
    for (const std::string_view other : types_) {
      if (std::ranges::find(said_, other) == said_.end()) add(other, kOther * order);
      order *= 0.95;
    }
  }

  const RepairPlace& place_;
  const std::span<const std::string_view> types_;
  std::vector<Candidate>& candidates_;
  std::vector<std::string> said_;
};

}  // namespace

void propose_types(const RepairPlace& place, std::vector<Candidate>& candidates) {
  TypeEngine(place, candidates).run();
}

}  // namespace curlew::assist
