#include "lsp/assist/repair/rehearse/variant_blame.h"

#include <algorithm>

#include "lsp/assist/repair/candidate.h"

namespace curlew::assist {
namespace {

// Of the places around a line those with the fewest lines.
void suspect_around(int line, const std::vector<MadePlace>& places, Blame& found) {
  int lines_min = kVariantLinesBegin;
  for (const MadePlace& place : places)
    if (place.line_first <= line && line <= place.line_last)
      lines_min = std::min(lines_min, place.line_last - place.line_first);
  for (const MadePlace& place : places) {
    if (place.line_first > line || line > place.line_last ||
        place.line_last - place.line_first > lines_min)
      continue;
    for (int number = place.first; number <= place.last; ++number) found.suspects.insert(number);
  }
}

}  // namespace

bool is_of_build(const Diagnostic& complaint) {
  if (complaint.severity != Severity::kError) return false;
  if (complaint.message.starts_with("runtime error")) return false;
  return complaint.source == "gcc" || complaint.source == "ld" || complaint.source == "nvcc" ||
         complaint.source == "cmake";
}

std::string missing_symbol(const Diagnostic& complaint) {
  constexpr std::string_view kSays = "undefined reference to ";
  const std::size_t said = complaint.message.find(kSays);
  if (said == std::string::npos) return "";
  std::string_view name = std::string_view(complaint.message).substr(said + kSays.size());
  name.remove_prefix(std::min(name.size(), name.find_first_not_of("`'\"")));
  return std::string(name.substr(0, name.find_first_of("'\"(<")));
}

std::string undeclared_name(const Diagnostic& complaint) {
  if (complaint.message.find("undeclared") == std::string::npos) return "";
  const std::vector<std::string> words = quoted_words(complaint.message);
  return words.empty() ? "" : words.front();
}

Blame blame(std::span<const Diagnostic> complaints,
            const std::map<std::string, std::vector<MadePlace>>& places, int variants_count) {
  Blame found;
  const auto is_variant = [&](const SourcePlace& place) {
    return place.line > kVariantLinesBegin && place.line <= kVariantLinesBegin + variants_count &&
           places.contains(place.path);
  };
  for (const Diagnostic& complaint : complaints) {
    if (!is_of_build(complaint)) continue;
    bool is_known = false;
    const auto look_at = [&](const SourcePlace& place) {
      if (is_known || !is_variant(place)) return;
      found.variants.insert(place.line - kVariantLinesBegin);
      is_known = true;
    };
    look_at(complaint.place);
    for (const Diagnostic::Note& note : complaint.notes) look_at(note.place);
    const auto made = places.find(complaint.place.path);
    if (!is_known && made != places.end())
      suspect_around(complaint.place.line, made->second, found);
  }
  return found;
}

}  // namespace curlew::assist
