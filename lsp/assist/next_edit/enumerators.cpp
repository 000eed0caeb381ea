// A new enumerator: what lists all the others, one after the other and after one pattern, lacks it.
#include <algorithm>
#include <array>
#include <map>

#include "indexer/source/parse.h"
#include "lsp/assist/next_edit/names.h"
#include "lsp/assist/next_edit/signatures.h"
#include "lsp/assist/next_edit/situation.h"
#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kListedMin = 2;  // enumerators that show the pattern

struct NewEnumerator {
  const Change* change = nullptr;
  std::vector<std::string> names;  // of the enumeration, in order
  std::size_t added = 0;           // index of the new one
  std::size_t opener = 0, close = 0;
};

// The ways in which texts write an enumerator's name besides itself: kLightBlue as LightBlue,
// light_blue, light-blue, "light blue", lightblue, LIGHT_BLUE, lightBlue.
constexpr std::size_t kForms = 7;
std::string form_of(std::string_view name, std::size_t form) {
  if (name.size() > 1 && name[0] == 'k' && name[1] >= 'A' && name[1] <= 'Z') name.remove_prefix(1);
  if (form == 0) return std::string(name);
  const std::vector<std::string> words = indexer::split_identifier(name);
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  constexpr std::string_view kBetween[kForms] = {"", "_", "-", " ", "", "_", ""};
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += kBetween[form];
    std::string word = words[i];
    if (form == 5) std::ranges::transform(word, word.begin(), upper);
    if (form == 6 && i > 0) word[0] = upper(word[0]);
    out += word;
  }
  return out;
}

std::string with_words_replaced(std::string_view text, std::string_view word, std::string_view by) {
  const auto is_part = [&](std::size_t at) {
    return at < text.size() &&
           (is_identifier(text.substr(at, 1)) || (text[at] >= '0' && text[at] <= '9'));
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool is_word = text.substr(at).starts_with(word) && (at == 0 || !is_part(at - 1)) &&
                         !is_part(at + word.size());
    out += is_word ? by : text.substr(at, 1);
    at += is_word ? word.size() : 1;
  }
  return out;
}

constexpr std::string_view kName = "\x01", kForm = "\x02";

std::string pattern_of(std::string_view entry, std::string_view name, std::size_t form) {
  return with_words_replaced(with_words_replaced(entry, name, kName), form_of(name, form), kForm);
}

// Lines [first, last] are one enumerator's.
struct Entry {
  int first = 0, last = 0;
};

class EnumeratorEngine {
 public:
  EnumeratorEngine(Situation& situation, std::vector<Proposal>& proposals)
      : situation_(situation), proposals_(proposals) {}

  void run() {
    for (const Change& change : situation_.changes())
      if (const auto added = added_enumerator(change)) propose(*added);
  }

 private:
  static std::optional<NewEnumerator> added_enumerator(const Change& change) {
    const CodeView& view = *change.now;
    if (change.hunks.size() != 1 || change.hunks[0].begin >= view.size()) return std::nullopt;
    const Hunk& hunk = change.hunks[0];
    if (hunk.begin == hunk.end) return std::nullopt;
    const std::size_t opener = view.opener_of(hunk.begin);
    if (opener == kNone || view.partner(opener) == kNone ||
        block_kind(view, opener) != BlockKind::kEnum)
      return std::nullopt;
    NewEnumerator out{.change = &change, .opener = opener, .close = view.partner(opener)};
    std::size_t added_count = 0;
    for (const ListItem item : items_of(view, opener)) {
      if (!view.is_word(item.begin)) return std::nullopt;
      if (hunk.begin <= item.begin && item.begin < hunk.end) {
        out.added = out.names.size();
        ++added_count;
      }
      out.names.emplace_back(view.spelling(item.begin));
    }
    // One came, none went.
    const bool only_added = hunk.old_begin == hunk.old_end;
    const bool is_one = added_count == 1 && only_added && out.names.size() > kListedMin;
    return is_one ? std::optional(std::move(out)) : std::nullopt;
  }

  void propose(const NewEnumerator& added) {
    const CodeView& home = *added.change->now;
    Proposal proposal{.kind = NextEditKind::kEnumerator,
                      .age = added.change->age,
                      .why = fmt::format("the list lacks `{}`", added.names[added.added]),
                      .confidence = 0.85};
    add_places(added, home, proposal);
    const std::string& listed = added.names[added.added == 0 ? 1 : 0];
    for (const std::string& path : situation_.other_files_with(listed, home))
      add_places(added, *situation_.view(path), proposal);
    if (!proposal.places.empty()) proposals_.push_back(std::move(proposal));
  }

  void add_places(const NewEnumerator& added, const CodeView& view, Proposal& proposal) {
    std::vector<std::size_t> seen;  // blocks
    const std::string& listed = added.names[added.added == 0 ? 1 : 0];
    for (const std::size_t idx : view.words(listed)) {
      const bool in_enum = &view == added.change->now && idx > added.opener && idx < added.close;
      std::size_t block = view.opener_of(idx);
      for (int level = 0; level < 2 && block != kNone && !in_enum; ++level) {
        if (std::ranges::find(seen, block) == seen.end()) {
          seen.push_back(block);
          if (auto edit = insertion(added, view, block))
            proposal.places.push_back(
                {view.path(), situation_.shared_text(view.path()), {std::move(*edit)}});
        }
        block = view.opener_of(block);
      }
    }
  }

  // Each of the others once, one entry under the other.
  static std::optional<std::map<std::string, Entry>> entries_of(const NewEnumerator& added,
                                                                const CodeView& view,
                                                                std::size_t block) {
    const std::size_t close = view.partner(block);
    if (close == kNone) return std::nullopt;
    std::map<std::string, Entry> entries;
    std::vector<int> starts;
    for (std::size_t i = 0; i < added.names.size(); ++i) {
      std::vector<std::size_t> found;
      for (const std::size_t idx : view.words(added.names[i]))
        if (idx > block && idx < close) found.push_back(idx);
      if (i == added.added) {
        if (!found.empty()) return std::nullopt;  // it is there
        continue;
      }
      if (found.empty()) return std::nullopt;
      const int line = view.line_of(found.front());
      entries[added.names[i]] = {line, line};
      starts.push_back(line);
    }
    std::ranges::sort(starts);
    if (std::ranges::adjacent_find(starts) != starts.end()) return std::nullopt;
    starts.push_back(view.line_of(close));
    for (auto& [name, entry] : entries)
      entry.last = *std::ranges::upper_bound(starts, entry.first) - 1;
    return entries;
  }

  static std::string_view text_of_entry(const CodeView& view, Entry entry) {
    const std::size_t start = view.lines().start(entry.first);
    return view.text().substr(start, view.lines().end(entry.last) - start);
  }

  // The new entry, behind that of the enumerator before the new one.
  static std::optional<TextEdit> insertion(const NewEnumerator& added, const CodeView& view,
                                           std::size_t block) {
    const auto entries = entries_of(added, view, block);
    if (!entries) return std::nullopt;
    for (std::size_t form = 0; form < kForms; ++form) {
      std::optional<std::string> pattern;
      bool fits = true;
      for (const auto& [name, entry] : *entries) {
        std::string its = pattern_of(text_of_entry(view, entry), name, form);
        fits &= its.find(kName) != its.npos && (!pattern || *pattern == its);
        if (!pattern) pattern = std::move(its);
      }
      if (!fits) continue;
      const std::string& name = added.names[added.added];
      std::string text = with_mark_replaced(*pattern, kName, name);
      text = with_mark_replaced(text, kForm, form_of(name, form));
      const std::string_view line_break =
          view.text().find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
      if (added.added == 0) {
        const std::size_t at = view.lines().start(entries->at(added.names[1]).first);
        return TextEdit{at, at, text + std::string(line_break)};
      }
      const std::size_t at = view.lines().end(entries->at(added.names[added.added - 1]).last);
      return TextEdit{at, at, std::string(line_break) + text};
    }
    return std::nullopt;
  }

  static std::string with_mark_replaced(std::string text, std::string_view mark,
                                        std::string_view by) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != text.npos; at += by.size())
      text.replace(at, mark.size(), by);
    return text;
  }

  Situation& situation_;
  std::vector<Proposal>& proposals_;
};

}  // namespace

void propose_enumerators(Situation& situation, std::vector<Proposal>& proposals) {
  EnumeratorEngine(situation, proposals).run();
}

}  // namespace curlew::assist
