// A bracket without its partner, wherever in the text: a parser that misses one complains far below.
// Only for texts whose brackets do not pair; where the missing one may be is told by the lines, in
// which round and square brackets mostly pair, and by the indentation, which braces follow.
#include <algorithm>
#include <optional>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace {

constexpr double kChance = 0.75;  // where the complaint is about it, or silent
constexpr double kAwayFromComplaint = 0.8;
constexpr std::size_t kFaultsMax = 8;      // brackets without partner that are looked at
constexpr std::size_t kTokensAround = 40;  // of the statement, before and behind
constexpr int kLinesAbove = 60;            // gone up for the line that opens a block

constexpr std::string_view kOpeners = "([{", kClosers = ")]}";

bool is_opener(std::string_view token) {
  return token.size() == 1 && kOpeners.find(token[0]) != kOpeners.npos;
}
bool is_closer(std::string_view token) {
  return token.size() == 1 && kClosers.find(token[0]) != kClosers.npos;
}
char partner(char bracket) {
  const std::size_t open = kOpeners.find(bracket);
  return open != kOpeners.npos ? kClosers[open] : kOpeners[kClosers.find(bracket)];
}

class BracketEngine {
 public:
  BracketEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), candidates_(candidates) {}

  void run() {
    pair_up();
    if (faults_.empty()) return;
    if (faults_.size() > kFaultsMax) faults_.resize(kFaultsMax);
    for (const std::size_t fault : faults_) {
      const char bracket = word(fault)[0];
      if (is_opener(word(fault)))
        close(fault, partner(bracket));
      else
        open(fault, partner(bracket));
      remove(fault);
      exchange(fault);
    }
    open_block_by_indentation();
    close_block_by_indentation();
  }

 private:
  std::string_view word(std::size_t i) const {
    return i < place_.tokens.size() ? place_.tokens[i].in(place_.text) : std::string_view();
  }
  int line_of(std::size_t i) const { return place_.lines.line_of(place_.tokens[i].start); }

  // A closing one that is not the partner of the last open one has its own further out, where it
  // finds one (for braces, one that it stands below); what is open in between has none.
  void pair_up() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < place_.tokens.size(); ++i) {
      if (is_opener(word(i))) open.push_back(i);
      if (!is_closer(word(i))) continue;
      const char wanted = partner(word(i)[0]);
      if (!open.empty() && word(open.back())[0] == wanted) {
        if (!indented_alike(open.back(), i)) note_indentation(open.back(), i);
        open.pop_back();
        continue;
      }
      faults_.push_back(i);
      const auto below = std::find_if(open.rbegin(), open.rend(), [&](std::size_t o) {
        return word(o)[0] == wanted && (wanted != '{' || indented_alike(o, i));
      });
      if (below == open.rend()) {
        if (!open.empty()) faults_.push_back(open.back());
        continue;
      }
      for (auto o = open.rbegin(); o != below; ++o) faults_.push_back(*o);
      open.erase(below.base() - 1, open.end());
    }
    for (auto o = open.rbegin(); o != open.rend(); ++o) faults_.push_back(*o);
    if (faults_.empty()) return;
    // The nearest to the complaint first; each once.
    std::ranges::sort(faults_);
    faults_.erase(std::unique(faults_.begin(), faults_.end()), faults_.end());
    std::ranges::stable_sort(faults_, {}, [&](std::size_t i) {
      return std::abs(line_of(i) - place_.diagnostic.place.line);
    });
  }

  void note_indentation(std::size_t opener, std::size_t closer) {
    if (!odd_) odd_ = {opener, closer};
  }

  std::string_view line_text(int line) const { return place_.lines.text(line); }
  static std::size_t indent(std::string_view line) { return indent_bytes(line); }
  bool is_first_on_line(std::size_t i) const {
    const std::size_t begin = place_.lines.start(line_of(i));
    return begin + indent(line_text(line_of(i))) == place_.tokens[i].start;
  }
  // A closing brace that begins its line stands below the line that opened the block.
  bool indented_alike(std::size_t opener, std::size_t closer) const {
    return !is_first_on_line(closer) ||
           indent(line_text(line_of(opener))) == indent(line_text(line_of(closer)));
  }

  // Where the closing one may be missing: behind the tokens that follow, up to a few lines below.
  void close(std::size_t opener, char closer) {
    double order = 1;
    const std::size_t end = std::min(opener + kTokensAround, place_.tokens.size());
    for (std::size_t i = opener; i < end && line_of(i) <= line_of(opener) + 3; ++i) {
      const std::string_view next = word(i + 1);
      const bool ends_here = is_closer(next) || next == ";" || next == "{" || next == ":" ||
                             next == "," || next.empty() ||
                             line_of(i + 1 < end ? i + 1 : i) != line_of(i);
      add({place_.tokens[i].end, place_.tokens[i].end, std::string(1, closer)},
          (ends_here ? 1 : 0.8) * order, i,
          fmt::format("`{}` of line {} may close on line {}", word(opener), line_of(opener),
                      line_of(i)));
      order *= 0.985;
    }
  }

  // Where the opening one may be missing: before the tokens that precede it, on its line and, for
  // what begins a line, on the one above; within a word that is two.
  void open(std::size_t closer, char opener) {
    double order = 1;
    const std::size_t first = closer > kTokensAround ? closer - kTokensAround : 0;
    for (std::size_t i = closer + 1; i-- > first && line_of(i) >= line_of(closer) - 1;) {
      const CodeToken& token = place_.tokens[i];
      const bool is_call = i > 0 && place_.tokens[i - 1].kind == TokenKind::kWord;
      add({token.start, token.start, std::string(1, opener)}, (is_call ? 1 : 0.8) * order, i,
          fmt::format("`{}` is missing on line {}", opener, line_of(i)));
      if (i < closer && token.kind == TokenKind::kWord) split(i, opener, order);
      order *= 0.985;
    }
  }

  // "lenx)" for "len(x)": the second part is a word of the text, or a number.
  void split(std::size_t i, char opener, double order) {
    const CodeToken& token = place_.tokens[i];
    const std::string_view written = token.in(place_.text);
    for (std::size_t at = 1; at < written.size(); ++at) {
      const std::string_view second = written.substr(at);
      const bool is_number = second.find_first_not_of("0123456789") == second.npos;
      const bool is_known = std::ranges::any_of(place_.tokens, [&](const CodeToken& other) {
        return other.kind == TokenKind::kWord && other.in(place_.text) == second;
      });
      if (!is_number && !is_known) continue;
      const std::size_t middle = token.start + at;
      add({middle, middle, std::string(1, opener)}, order, i,
          fmt::format("`{}` may be `{}{}{}`", written, written.substr(0, at), opener, second));
    }
  }

  void remove(std::size_t i) {
    const CodeToken& token = place_.tokens[i];
    add({token.start, token.end, ""}, 0.9, i,
        fmt::format("`{}` is too many on line {}", word(i), line_of(i)));
  }
  void exchange(std::size_t i) {
    const CodeToken& token = place_.tokens[i];
    const std::string_view kind = is_opener(word(i)) ? kOpeners : kClosers;
    for (const char other : kind)
      if (other != word(i)[0])
        add({token.start, token.end, std::string(1, other)}, 0.9, i,
            fmt::format("`{}` may be `{}` on line {}", word(i), other, line_of(i)));
  }

  // A line that is followed by deeper ones and opens nothing: above the first brace that closes
  // otherwise than its line's indentation says, or that has no partner.
  void open_block_by_indentation() {
    std::size_t closer = place_.tokens.size();
    if (odd_) closer = odd_->closer;
    for (const std::size_t fault : faults_)
      if (word(fault) == "}") closer = std::min(closer, fault);
    if (closer == place_.tokens.size()) return;
    const std::size_t wanted = indent(line_text(line_of(closer)));
    const int lowest = std::max(1, line_of(closer) - kLinesAbove);
    double order = 1;
    for (int line = line_of(closer) - 1; line >= lowest; --line) {
      const std::string_view text = line_text(line);
      if (indent(text) == text.size() || indent(text) > wanted) continue;
      if (indent(text) < wanted) break;
      const std::size_t last = text.find_last_not_of(" \t\r");
      if (text[last] != '{' && opens_by_indentation(line)) {
        const std::size_t at = place_.lines.start(line) + last + 1;
        candidates_.push_back({place_.path,
                               {{at, at, " {"}},
                               fmt::format("`{{` is missing at the end of line {}", line),
                               kChance * order});
        order *= 0.8;
      }
    }
  }
  bool opens_by_indentation(int line) const {
    int next = line + 1;
    while (next <= place_.lines.count() && indent(line_text(next)) == line_text(next).size())
      ++next;
    return next <= place_.lines.count() && indent(line_text(next)) > indent(line_text(line));
  }

  // The block that is still open where a line begins that stands further left than its code: above
  // the first line that stands no deeper than the one that opened it.
  void close_block_by_indentation() {
    double order = 1;
    std::vector<std::size_t> openers;
    if (odd_) openers.push_back(odd_->opener);
    for (const std::size_t fault : faults_)
      if (word(fault) == "{") openers.push_back(fault);
    for (const std::size_t opener : openers) {
      const std::size_t wanted = indent(line_text(line_of(opener)));
      for (int line = line_of(opener) + 1; line <= place_.lines.count(); ++line) {
        const std::string_view text = line_text(line);
        if (indent(text) == text.size() || indent(text) > wanted) continue;
        const std::size_t at = place_.lines.start(line);
        const std::string margin(text.substr(0, wanted > indent(text) ? indent(text) : wanted));
        candidates_.push_back({place_.path,
                               {{at, at, margin + "}\n"}},
                               fmt::format("`}}` is missing above line {}", line),
                               kChance * order});
        // "} else {": the brace belongs to that line.
        const std::size_t code = at + indent(text);
        candidates_.push_back({place_.path,
                               {{code, code, "} "}},
                               fmt::format("`}}` is missing on line {}", line),
                               kChance * order * 0.95});
        break;
      }
      order *= 0.85;
    }
  }

  void add(TextEdit edit, double weight, std::size_t token, std::string why) {
    const int away = std::abs(line_of(token) - place_.diagnostic.place.line);
    candidates_.push_back({place_.path,
                           {std::move(edit)},
                           std::move(why),
                           kChance * weight * (away <= 1 ? 1 : kAwayFromComplaint)});
  }

  struct Pair {
    std::size_t opener, closer;
  };
  const RepairPlace& place_;
  std::vector<Candidate>& candidates_;
  std::vector<std::size_t> faults_;  // brackets without partner: indexes of tokens
  std::optional<Pair> odd_;          // the first that pair and do not stand below one another
};

}  // namespace

void propose_brackets(const RepairPlace& place, std::vector<Candidate>& candidates) {
  BracketEngine(place, candidates).run();
}

}  // namespace curlew::assist
