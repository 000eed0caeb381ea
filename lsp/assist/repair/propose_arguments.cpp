// A call, or a parameter list, with one too few or too many.
#include <algorithm>
#include <set>

#include "lsp/assist/repair/candidate.h"
#include "lsp/assist/repair/slips.h"
#include "lsp/assist/repair/vocabulary.h"

namespace curlew::assist {
namespace {

constexpr double kAsElsewhere = 0.85;  // what another call of the function has there
constexpr double kParameter = 0.8;     // a name that the function's own parameter has
constexpr double kNear = 0.6;          // a name that stands near
constexpr double kConstant = 0.45;
constexpr double kTooMany = 0.75;
constexpr double kSwapped = 0.6, kSwappedPerhaps = 0.3;
// The callers in other files are not seen by a check of one: last of all that a name may be.
constexpr double kNewParameter = 0.28;
constexpr int kCallsMax = 3;  // of the line
constexpr std::size_t kNamesMax = 12;

constexpr std::string_view kConstants[] = {"0", "1", "10", "\"\"", "true", "false"};

class ArgumentEngine {
 public:
  ArgumentEngine(const RepairPlace& place, std::vector<Candidate>& candidates)
      : place_(place), message_(place.diagnostic.message), candidates_(candidates) {}

  void run() {
    const bool is_few =
        says(message_, {"too few", "not enough", "missing", "Expected", "argument"});
    const bool is_many = says(message_, {"too many", "extra", "unexpected argument", "argument"});
    const bool is_kind = says(message_, {"match", "type", "convert", "cannot use", "assignable",
                                         "attribute", "expected", "argument", "index"});
    for (const Call& call : calls()) {
      if (is_few) add_argument(call);
      if (is_many) drop_argument(call);
      swap_arguments(call, is_kind ? kSwapped : kSwappedPerhaps);
    }
    if (says(message_, {"not declared", "undeclared", "undefined", "not defined", "cannot find",
                        "Cannot find", "not found"}))
      add_parameter();
  }

 private:
  struct Call {
    std::size_t name = 0, open = 0, close = 0;  // tokens
  };

  std::string_view word(std::size_t i) const {
    return i < place_.tokens.size() ? place_.tokens[i].in(place_.text) : std::string_view();
  }
  int line_of(std::size_t i) const { return place_.lines.line_of(place_.tokens[i].start); }
  std::string_view slice(std::size_t first, std::size_t last) const {
    return place_.text.substr(place_.tokens[first].start,
                              place_.tokens[last].end - place_.tokens[first].start);
  }

  // The token that closes the bracket at `open`; `open` itself where there is none.
  std::size_t closing(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < place_.tokens.size(); ++i) {
      const std::string_view w = word(i);
      if (w == "(" || w == "[" || w == "{") ++depth;
      if ((w == ")" || w == "]" || w == "}") && --depth == 0) return i;
    }
    return open;
  }

  // Of the complaint's line: those the message names first, then those nearest to its column.
  std::vector<Call> calls() const {
    std::vector<Call> found;
    for (std::size_t i = 0; i + 1 < place_.tokens.size(); ++i) {
      if (place_.tokens[i].kind != TokenKind::kWord || word(i + 1) != "(") continue;
      if (line_of(i) != place_.diagnostic.place.line) continue;
      const std::size_t close = closing(i + 1);
      if (close > i + 1) found.push_back({i, i + 1, close});
    }
    const std::vector<std::string> said = names_in(message_);
    const auto rank = [&](const Call& call) {
      const bool is_said = std::ranges::find(said, word(call.name)) != said.end() ||
                           message_.find(std::string(word(call.name)) + "(") != message_.npos;
      const std::size_t at = place_.tokens[call.name].start;
      const std::size_t away = at > place_.offset ? at - place_.offset : place_.offset - at;
      return std::pair(!is_said, away);
    };
    std::ranges::stable_sort(found, {}, rank);
    if (found.size() > kCallsMax) found.resize(kCallsMax);
    return found;
  }

  // The arguments between the brackets, as tokens [first, last].
  std::vector<std::pair<std::size_t, std::size_t>> arguments(std::size_t open,
                                                             std::size_t close) const {
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    int depth = 0;
    std::size_t first = open + 1;
    for (std::size_t i = open + 1; i <= close; ++i) {
      const std::string_view w = word(i);
      const bool ends = depth == 0 && (w == "," || i == close);
      if (ends && i > first) parts.emplace_back(first, i - 1);
      if (ends) first = i + 1;
      if (w == "(" || w == "[" || w == "{") ++depth;
      if (w == ")" || w == "]" || w == "}") --depth;
    }
    return parts;
  }

  void add_argument(const Call& call) {
    const auto own = arguments(call.open, call.close);
    std::set<std::string> seen;
    const auto add = [&](std::string_view text, double chance, std::string_view why) {
      if (text.empty() || text.size() > 60 || !seen.insert(std::string(text)).second) return;
      const std::size_t at = place_.tokens[call.close].start;
      candidates_.push_back({place_.path,
                             {{at, at, (own.empty() ? "" : ", ") + std::string(text)}},
                             fmt::format("`{}` may lack `{}`: {}", word(call.name), text, why),
                             chance});
    };
    // The same function's other calls and, among them, its definition.
    for (std::size_t i = 0; i + 1 < place_.tokens.size(); ++i) {
      if (i == call.name || word(i) != word(call.name) || word(i + 1) != "(") continue;
      const auto other = arguments(i + 1, closing(i + 1));
      if (other.size() <= own.size()) continue;
      const auto [first, last] = other[own.size()];
      add(slice(first, last), kAsElsewhere, "another call has it");
      for (std::size_t j = first; j <= last; ++j)  // "y: i64", "int y", "count=0"
        if (place_.tokens[j].kind == TokenKind::kWord)
          add(word(j), kParameter, "its parameter is called so");
    }
    for (const std::string_view name : names_near()) add(name, kNear, "it stands near");
    double order = 1;
    for (const std::string_view constant : kConstants) {
      add(constant, kConstant * order, "a constant");
      order *= 0.95;
    }
  }

  // Names of the lines around, the nearest first; no functions, no types.
  std::vector<std::string_view> names_near() const {
    const LineSpan around = lines_around(place_);
    const auto own = own_words(place_.language);
    std::vector<std::pair<std::size_t, std::string_view>> near;
    for (std::size_t i = 0; i < place_.tokens.size(); ++i) {
      const CodeToken& token = place_.tokens[i];
      const int line = line_of(i);
      if (token.kind != TokenKind::kWord || word(i + 1) == "(" || line < around.first ||
          line > around.last || std::ranges::find(own, word(i)) != own.end())
        continue;
      const std::size_t away =
          token.start > place_.offset ? token.start - place_.offset : place_.offset - token.start;
      near.emplace_back(away, word(i));
    }
    std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string_view>::first);
    std::vector<std::string_view> names;
    for (const auto& [away, name] : near)
      if (names.size() < kNamesMax && std::ranges::find(names, name) == names.end())
        names.push_back(name);
    return names;
  }

  void drop_argument(const Call& call) {
    const auto own = arguments(call.open, call.close);
    for (std::size_t n = own.size(); n-- > 0;) {
      const auto [first, last] = own[n];
      const std::size_t start =
          n > 0 ? place_.tokens[own[n - 1].second].end : place_.tokens[first].start;
      const std::size_t end =
          n > 0 || own.size() == 1 ? place_.tokens[last].end : place_.tokens[own[1].first].start;
      candidates_.push_back(
          {place_.path,
           {{start, end, ""}},
           fmt::format("`{}` may be too many for `{}`", slice(first, last), word(call.name)),
           kTooMany * (n + 1 == own.size() ? 1 : 0.8)});
    }
  }

  void swap_arguments(const Call& call, double chance) {
    const auto own = arguments(call.open, call.close);
    for (std::size_t n = 0; n + 1 < own.size(); ++n) {
      const auto [a, a_last] = own[n];
      const auto [b, b_last] = own[n + 1];
      const std::string_view between = place_.text.substr(
          place_.tokens[a_last].end, place_.tokens[b].start - place_.tokens[a_last].end);
      candidates_.push_back(
          {place_.path,
           {{place_.tokens[a].start, place_.tokens[b_last].end,
             fmt::format("{}{}{}", slice(b, b_last), between, slice(a, a_last))}},
           fmt::format("`{}` may come before `{}`", slice(b, b_last), slice(a, a_last)),
           chance});
    }
  }

  // A name that a function uses and nobody gives it: as its last parameter, of the type that the one
  // before has, or a common one.
  void add_parameter() {
    const LineSpan around = lines_around(place_);
    const std::vector<std::string> names = names_in(message_);
    const std::size_t head = first_token_at(place_.tokens, place_.lines.start(around.first));
    std::size_t open = head;
    while (open < place_.tokens.size() && word(open) != "(" && line_of(open) < around.first + 2)
      ++open;
    if (names.empty() || word(open) != "(") return;
    const std::size_t close = closing(open);
    const auto parameters = arguments(open, close);
    const std::string_view separator = parameters.empty() ? "" : ", ";
    double chance = kNewParameter;
    for (const std::string& form : parameter_forms(names.front(), parameters)) {
      const std::size_t at = place_.tokens[close].start;
      candidates_.push_back({place_.path,
                             {{at, at, std::string(separator) + form}},
                             fmt::format("`{}` may be a parameter", names.front()),
                             chance});
      chance *= 0.9;
    }
  }

  std::vector<std::string> parameter_forms(
      const std::string& name,
      const std::vector<std::pair<std::size_t, std::size_t>>& parameters) const {
    if (place_.language == nullptr) return {};
    const std::string_view language = place_.language->name;
    std::vector<std::string> types;
    if (!parameters.empty()) {
      const std::string_view last = slice(parameters.back().first, parameters.back().second);
      const std::size_t colon = last.find(':'), space = last.rfind(' ');
      const bool has_colon = language == "rust" || language == "typescript";
      if (has_colon && colon != last.npos) types.emplace_back(last.substr(colon + 1));
      if (language == "go" && space != last.npos) types.emplace_back(last.substr(space + 1));
      if (language == "cpp" && space != last.npos) types.emplace_back(last.substr(0, space));
    }
    for (const std::string_view type : common_types(place_.language)) types.emplace_back(type);
    std::vector<std::string> forms;
    if (language == "python" || language == "javascript") return {name};
    for (std::string& type : types) {
      while (type.starts_with(' ')) type.erase(0, 1);
      const bool is_before = language == "cpp" || language == "c" || language == "cuda";
      forms.push_back(is_before          ? type + " " + name
                      : language == "go" ? name + " " + type
                                         : name + ": " + type);
    }
    return forms;
  }

  const RepairPlace& place_;
  const std::string_view message_;
  std::vector<Candidate>& candidates_;
};

}  // namespace

void propose_arguments(const RepairPlace& place, std::vector<Candidate>& candidates) {
  ArgumentEngine(place, candidates).run();
}

}  // namespace curlew::assist
