// A name that nobody knows is often one that somebody knows, misspelt.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kNamesMax = 12;  // tried for one place
constexpr int kNearLines = 40;         // a name this near counts half of one right here
constexpr std::size_t kNameBytesMax = 128;
constexpr int kIndexHitsMax = 20;

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment distance);
// more than `most` is most + 1.
int distance(std::string_view a, std::string_view b, int most) {
  const auto n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
  if (std::abs(n - m) > most) return most + 1;
  std::vector<std::vector<int>> d(static_cast<std::size_t>(n + 1),
                                  std::vector<int>(static_cast<std::size_t>(m + 1)));
  const auto at = [&](int i, int j) -> int& {
    return d[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  };
  const auto same = [&](int i, int j) {
    return a[static_cast<std::size_t>(i - 1)] == b[static_cast<std::size_t>(j - 1)];
  };
  for (int i = 0; i <= n; ++i) at(i, 0) = i;
  for (int j = 0; j <= m; ++j) at(0, j) = j;
  for (int i = 1; i <= n; ++i)
    for (int j = 1; j <= m; ++j) {
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + !same(i, j)});
      const bool swapped =
          i > 1 && j > 1 &&
          a[static_cast<std::size_t>(i - 1)] == b[static_cast<std::size_t>(j - 2)] &&
          a[static_cast<std::size_t>(i - 2)] == b[static_cast<std::size_t>(j - 1)];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return std::min(at(n, m), most + 1);
}

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// 0..1: how well `name` could be what `written` was meant to be.
double similarity(std::string_view written, std::string_view name) {
  if (written == name) return 0;
  if (folded(written) == folded(name)) return 0.95;  // case, underscores
  const int longer = static_cast<int>(std::max(written.size(), name.size()));
  const int most = longer <= 3 ? 1 : longer <= 8 ? 2 : 3;
  const int changes = distance(written, name, most);
  if (changes <= most) return 0.9 - 0.8 * changes / (longer + 1);
  // A word left out or put in: "size" for "file_size".
  const bool holds = written.size() >= 3 && name.size() >= 3 &&
                     (name.find(written) != name.npos || written.find(name) != written.npos);
  return holds ? 0.35 : 0;
}

// Chances that a word is two, of which the second one is known, and the first one or not.
constexpr double kSplitKnown = 0.6, kSplitHalfKnown = 0.4;

// Chances that a word of another language is what it means here: at the complaint's place, on its line.
// The complaint's place is a line where it has no column.
constexpr double kMeaningHere = 0.8, kMeaningOnLine = 0.6, kMeaning = 0.35;

// Search finds names that begin so or leave letters out; slips of the keyboard are neither.
constexpr std::size_t kVariedBytesMin = 3, kVariedBytesMax = 24;

struct Named {
  double score = 0;
  std::string why;
};

// Every name that could be meant, with the best reason for it.
class Names {
 public:
  Names(const RepairPlace& place, std::string written, int line)
      : place_(place), written_(std::move(written)), line_(line) {}

  std::map<std::string, Named> find() {
    from_notes();
    from_text();
    from_language();
    from_index();
    return std::move(names_);
  }

 private:
  void add(std::string_view name, double weight, const std::string& why) {
    if (name.size() > kNameBytesMax) return;
    const double score = similarity(written_, name) * weight;
    if (score <= 0) return;
    Named& named = names_[std::string(name)];
    if (score > named.score) named = {score, why};
  }

  // "did you mean 'size'?"
  void from_notes() {
    const auto from = [&](std::string_view message) {
      const std::size_t hint = std::min(message.find("did you mean"), message.find("Did you mean"));
      const std::size_t similar = message.find("similar name");
      const std::size_t at = std::min(hint, similar);
      if (at == message.npos) return;
      for (std::string& word : quoted_words(message.substr(at))) {
        Named& named = names_[word];
        named = {0.97, fmt::format("{} asks for it", tool_of(place_.diagnostic))};
      }
    };
    from(place_.diagnostic.message);
    for (const Diagnostic::Note& note : place_.diagnostic.notes) from(note.message);
  }

  void from_text() {
    for (const CodeToken& token : place_.tokens) {
      if (token.kind != TokenKind::kWord) continue;
      const int away = std::abs(place_.lines.line_of(token.start) - line_);
      const double nearness = 1.0 / (1.0 + static_cast<double>(away) / kNearLines);
      add(token.in(place_.text), 0.7 + 0.3 * nearness,
          away == 0 ? "on the same line" : fmt::format("{} lines away", away));
    }
  }

  // Of the language itself: no file of the workspace has them.
  void from_language() {
    for (const std::string_view word : own_words(place_.language))
      add(word, 0.95, "a word of the language");
    const std::string_view message = place_.diagnostic.message;
    const bool is_member = message.find("has no attribute") != message.npos ||
                           message.find("not declared by package") != message.npos ||
                           message.find("undefined: ") != message.npos;
    if (!is_member) return;
    for (const std::string_view name : library_members(place_.language))
      add(name, 0.9, "a member of the library's types");
  }

  void from_index() {
    if (place_.index == nullptr) return;
    const auto hits = place_.index->search(
        {.text = written_, .limit = kIndexHitsMax, .kind = indexer::SearchKind::kSymbol});
    if (!hits) return;
    for (const indexer::SearchHit& hit : *hits)
      add(hit.name, 0.75, fmt::format("defined in {}", hit.path));
    if (written_.size() < kVariedBytesMin || written_.size() > kVariedBytesMax) return;
    for (const std::string& name : one_change_away(written_))
      if (const auto found = place_.index->definitions(name, 1); found && !found->empty())
        add(name, 0.95, fmt::format("defined in {}", found->front().path));
  }

  const RepairPlace& place_;
  const std::string written_;
  const int line_;
  std::map<std::string, Named> names_;
};

struct Suspect {
  CodeToken token;
  double weight = 1;  // of its candidates
};

constexpr double kNextSuspect = 0.8;  // how much less likely each is than the one before
constexpr double kSingular = 0.6;     // a word that nothing points at, and that is nowhere else

// Words that stand once in the text, and are none of the language.
bool is_singular(const RepairPlace& place, const CodeToken& token) {
  const std::string_view word = token.in(place.text);
  const auto own = own_words(place.language);
  return std::ranges::find(own, word) == own.end() &&
         std::ranges::count_if(place.tokens, [&](const CodeToken& other) {
           return other.kind == TokenKind::kWord && other.in(place.text) == word;
         }) == 1;
}

// The complaint's words as they stand on its line, the nearest to its column first; the word at the
// column itself, and the one before, for a parser stumbles behind what is misspelt; then what stands
// on the line and nowhere else.
std::vector<Suspect> suspects(const RepairPlace& place) {
  std::vector<std::string> words = quoted_words(place.diagnostic.message);
  for (std::string& word : words) word = last_part(word);
  std::vector<CodeToken> pointed_at, singular;
  const int line = place.diagnostic.place.line;
  const std::size_t begin = place.lines.start(line), end = place.lines.end(line);
  for (std::size_t i = first_token_at(place.tokens, begin);
       i < place.tokens.size() && place.tokens[i].start < end; ++i) {
    const CodeToken& token = place.tokens[i];
    if (token.kind != TokenKind::kWord || !is_name(token.in(place.text))) continue;
    const bool is_said = std::ranges::find(words, token.in(place.text)) != words.end();
    const bool is_here = token.start <= place.offset && place.offset < token.end;
    if (is_said || is_here)
      pointed_at.push_back(token);
    else if (is_singular(place, token))
      singular.push_back(token);
  }
  const auto away = [&](const CodeToken& token) {
    return token.start > place.offset ? token.start - place.offset : place.offset - token.start;
  };
  std::vector<Suspect> found;
  const auto add = [&](std::vector<CodeToken>& tokens, double weight) {
    std::ranges::stable_sort(tokens, {}, away);
    for (const CodeToken& token : tokens) {
      found.push_back({token, weight});
      weight *= kNextSuspect;
    }
  };
  add(pointed_at, 0.9);
  add(singular, 0.9 * kSingular);
  return found;
}

// Two words grown together where what stood between them is gone: "strtolvalue" for "strtol(value".
void propose_splits(const RepairPlace& place, const CodeToken& suspect, double weight,
                    std::vector<Candidate>& candidates) {
  std::set<std::string_view> known;
  for (const CodeToken& token : place.tokens)
    if (token.kind == TokenKind::kWord) known.insert(token.in(place.text));
  const std::string_view written = suspect.in(place.text);
  for (std::size_t at = 1; at + 1 < written.size(); ++at) {
    const std::string_view first = written.substr(0, at), second = written.substr(at);
    if (!known.contains(second)) continue;
    const double chance = weight * (known.contains(first) ? kSplitKnown : kSplitHalfKnown);
    double order = 1;
    for (const char* mark : {"(", " ", ".", ", "}) {
      candidates.push_back({place.path,
                            {{suspect.start + at, suspect.start + at, mark}},
                            fmt::format("`{}` may be `{}` and `{}`", written, first, second),
                            chance * order});
      order *= 0.9;
    }
  }
}

// Words and signs of other languages, where this one has others.
void propose_meanings(const RepairPlace& place, std::vector<Candidate>& candidates) {
  const int line = place.diagnostic.place.line;
  const std::size_t begin = place.lines.start(line), end = place.lines.end(line);
  const auto own = own_words(place.language);
  const bool has_column = place.diagnostic.place.column > 0;
  const std::vector<std::string> said = quoted_words(place.diagnostic.message);
  for (std::size_t i = first_token_at(place.tokens, begin);
       i < place.tokens.size() && place.tokens[i].start < end; ++i) {
    const CodeToken& token = place.tokens[i];
    const std::string_view word = token.in(place.text);
    if (std::ranges::find(own, word) != own.end()) continue;
    const bool is_here = (has_column && token.start <= place.offset && place.offset < token.end) ||
                         std::ranges::find(said, word) != said.end();
    const bool is_called = i + 1 < place.tokens.size() && place.tokens[i + 1].in(place.text) == "(";
    double chance = is_here ? kMeaningHere : has_column ? kMeaning : kMeaningOnLine;
    for (std::string_view meant : meant_by(word, place.language)) {
      if (is_called && meant.ends_with("()")) meant.remove_suffix(2);
      candidates.push_back({place.path,
                            {{token.start, token.end, std::string(meant)}},
                            fmt::format("`{}` is `{}` here", word, meant),
                            chance});
      chance *= 0.9;
    }
  }
}

}  // namespace

void propose_spellings(const RepairPlace& place, std::vector<Candidate>& candidates) {
  for (const auto& [suspect, weight] : suspects(place)) {
    const std::string written(suspect.in(place.text));
    std::vector<std::pair<std::string, Named>> names;
    for (auto& entry : Names(place, written, place.diagnostic.place.line).find())
      names.push_back(entry);
    std::ranges::stable_sort(
        names, [](const auto& a, const auto& b) { return a.second.score > b.second.score; });
    if (names.size() > kNamesMax) names.resize(kNamesMax);
    for (const auto& [name, named] : names)
      candidates.push_back({place.path,
                            {{suspect.start, suspect.end, name}},
                            fmt::format("`{}` may be `{}`: {}", written, name, named.why),
                            weight * named.score});
    propose_splits(place, suspect, weight, candidates);
  }
  propose_meanings(place, candidates);
}

}  // namespace curlew::assist
