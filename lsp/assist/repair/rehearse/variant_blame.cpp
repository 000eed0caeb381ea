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

// The number of the variant whose line it is; 0: of none.
int variant_at(int line, const MadeText& text) {
  if (text.variants.empty()) return std::max(0, line - kVariantLinesBegin);
  const auto is_its = [&](const MadeVariant& one) {
    return one.line_first <= line && line <= one.line_last;
  };
  const auto variant = std::ranges::find_if(text.variants, is_its);
  return variant == text.variants.end() ? 0 : variant->number;
}

// A text that node cannot read; not one that the program itself cannot.
bool is_of_node(const Diagnostic& complaint) {
  return complaint.source == "node" && complaint.code == "SyntaxError" && complaint.test.empty() &&
         complaint.message.find("JSON") == std::string::npos;
}

}  // namespace

bool is_of_build(const Diagnostic& complaint) {
  if (complaint.severity != Severity::kError) return false;
  if (complaint.message.starts_with("runtime error")) return false;
  if (complaint.source == "tsc" || is_of_node(complaint)) return true;
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

Blame blame(std::span<const Diagnostic> complaints, const std::map<std::string, MadeText>& made,
            int variants_count) {
  Blame found;
  for (const Diagnostic& complaint : complaints) {
    if (!is_of_build(complaint)) continue;
    bool is_known = false;
    const auto look_at = [&](const SourcePlace& place) {
      const auto text = made.find(place.path);
      if (is_known || text == made.end()) return;
      const int number = variant_at(place.line, text->second);
      if (number < 1 || number > variants_count) return;
      found.variants.insert(number);
      is_known = true;
    };
    look_at(complaint.place);
    for (const Diagnostic::Note& note : complaint.notes) look_at(note.place);
    const auto text = made.find(complaint.place.path);
    if (!is_known && text != made.end())
      suspect_around(complaint.place.line, text->second.places, found);
  }
  return found;
}

}  // namespace curlew::assist
