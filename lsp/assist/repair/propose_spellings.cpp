// A name that nobody knows is often one that somebody knows, misspelt.
#include <algorithm>
#include <cctype>
#include <map>

#include "lsp/assist/repair/candidate.h"

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

// Search finds names that begin so or leave letters out; slips of the keyboard are neither.
constexpr std::size_t kVariedBytesMin = 3, kVariedBytesMax = 24;

// Two letters swapped, one left out, put in, or another one.
std::vector<std::string> one_change_away(const std::string& written) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= written.size(); ++i) {
    const std::string before = written.substr(0, i), after = written.substr(i);
    if (after.size() >= 2 && after[0] != after[1])
      names.push_back(before + after[1] + after[0] + after.substr(2));
    if (!after.empty()) names.push_back(before + after.substr(1));
    for (const char letter : kLetters) {
      names.push_back(before + letter + after);
      if (!after.empty() && after[0] != letter) names.push_back(before + letter + after.substr(1));
    }
  }
  return names;
}

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
        named = {0.97, fmt::format("{} asks for it", place_.diagnostic.source)};
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
        add(name, 0.8, fmt::format("defined in {}", found->front().path));
  }

  const RepairPlace& place_;
  const std::string written_;
  const int line_;
  std::map<std::string, Named> names_;
};

bool is_name(std::string_view word) {
  return !word.empty() && !(word[0] >= '0' && word[0] <= '9') &&
         std::ranges::all_of(word, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80);
         });
}

// "std::vectr", "os.pth", "Map::fnid(int) const": what is misspelt is most often the last part.
std::string last_part(std::string name) {
  name.resize(std::min(name.find('('), name.size()));
  const std::size_t at = name.find_last_of(":.");
  return at == name.npos ? name : name.substr(at + 1);
}

// The complaint's words as they stand on its line, the nearest to its column first; then the word at
// the column itself.
std::vector<CodeToken> suspects(const RepairPlace& place) {
  std::vector<std::string> words = quoted_words(place.diagnostic.message);
  for (std::string& word : words) word = last_part(word);
  std::vector<CodeToken> found;
  const std::size_t begin = place.lines.start(place.diagnostic.place.line);
  const std::size_t end = place.lines.end(place.diagnostic.place.line);
  for (std::size_t i = first_token_at(place.tokens, begin);
       i < place.tokens.size() && place.tokens[i].start < end; ++i) {
    const CodeToken& token = place.tokens[i];
    if (token.kind != TokenKind::kWord || !is_name(token.in(place.text))) continue;
    const bool is_said = std::ranges::find(words, token.in(place.text)) != words.end();
    const bool is_here = token.start <= place.offset && place.offset < token.end;
    if (is_said || is_here) found.push_back(token);
  }
  const auto away = [&](const CodeToken& token) {
    return token.start > place.offset ? token.start - place.offset : place.offset - token.start;
  };
  std::ranges::stable_sort(found, {}, away);
  return found;
}

}  // namespace

void propose_spellings(const RepairPlace& place, std::vector<Candidate>& candidates) {
  double weight = 0.9;
  for (const CodeToken& suspect : suspects(place)) {
    const std::string written(suspect.in(place.text));
    std::vector<std::pair<std::string, Named>> names;
    for (auto& entry : Names(place, written, place.diagnostic.place.line).find())
      if (is_name(entry.first)) names.push_back(entry);
    std::ranges::stable_sort(
        names, [](const auto& a, const auto& b) { return a.second.score > b.second.score; });
    if (names.size() > kNamesMax) names.resize(kNamesMax);
    for (const auto& [name, named] : names)
      candidates.push_back({place.path,
                            {{suspect.start, suspect.end, name}},
                            fmt::format("`{}` may be `{}`: {}", written, name, named.why),
                            weight * named.score});
    weight *= 0.8;
  }
}

}  // namespace curlew::assist
