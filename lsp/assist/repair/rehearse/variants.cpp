#include "lsp/assist/repair/rehearse/variants.h"

#include <algorithm>
#include <cctype>

#include "lsp/assist/repair/code_tokens.h"
#include "lsp/assist/repair/rehearse/variant_writer.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kGrowthMax = 8, kGrowthBytesMin = 64u << 10;  // of a text, by its variants

bool cross(const VariantPlace& a, const VariantPlace& b) {
  return (a.start < b.start && b.start < a.end && a.end < b.end) ||
         (b.start < a.start && a.start < b.end && b.end < a.end);
}

}  // namespace

std::optional<std::string> on_one_line(std::string_view code, const indexer::Language* language) {
  // Raw strings have line ends of their own; what is continued behind "\" is left alone, too.
  if (code.find("R\"") != code.npos || code.find("\\\n") != code.npos ||
      code.find("\\\r") != code.npos)
    return std::nullopt;
  std::string line;
  std::size_t at = 0;
  const auto put_gap = [&](std::size_t end) {
    const std::string_view gap = code.substr(at, end - at);
    if (gap.find_first_not_of(" \t") == gap.npos)
      line += gap;
    else
      line += ' ';
  };
  for (const CodeToken& token : code_tokens(code, language)) {
    const std::string_view word = token.in(code);
    const bool is_open =
        token.kind == TokenKind::kString && (word.size() < 2 || word.back() != word.front());
    if (word == "#" || is_open) return std::nullopt;
    put_gap(token.start);
    line += word;
    at = token.end;
  }
  return line;
}

Variants::Variants(const indexer::Language* language, std::string text)
    : language_(language), text_(std::move(text)), finder_(language, text_) {}

Variants::Added Variants::add(std::size_t change, std::string_view changed_text) {
  const TextDifference difference = difference_of(text_, changed_text);
  const std::optional<VariantPlace> where = finder_.find(difference);
  if (!where) return Added::kNo;
  if (uses_what_it_cannot(difference)) return Added::kBroken;
  Variant variant{change, difference.start, difference.end, std::string(difference.now)};
  const std::optional<std::string> code = code_of(variant, *where);
  if (!code || bytes_ + code->size() > kGrowthMax * text_.size() + kGrowthBytesMin)
    return Added::kNo;
  bytes_ += code->size();
  insert(*where, std::move(variant));
  return Added::kYes;
}

// Whole words: a difference may begin and end within one.
bool Variants::uses_what_it_cannot(const TextDifference& difference) const {
  const auto is_word = [&](std::size_t at) {
    const char c = text_[at];
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  std::size_t start = difference.start, end = difference.end;
  while (start > 0 && is_word(start - 1)) --start;
  while (end < text_.size() && is_word(end)) ++end;
  const std::string code = difference.around(text_, start, end);
  std::string_view before = start > 0 ? std::string_view(text_).substr(start - 1, 1) : "";
  for (const CodeToken& token : code_tokens(code, language_)) {
    const std::string_view word = token.in(code);
    const bool is_name = token.kind == TokenKind::kWord && before != "." && before != "->" &&
                         before != ">" && before != "goto";
    if (is_name && finder_.is_out_of_sight(word, difference.start)) return true;
    before = word;
  }
  return false;
}

std::optional<std::string> Variants::code_of(const Variant& variant,
                                             const VariantPlace& where) const {
  const TextDifference difference{variant.start, variant.end, variant.now};
  std::string code = difference.around(text_, where.start, where.end);
  return is_script(language_) ? std::move(code) : on_one_line(code, language_);
}

// Runs of statements that share some become one.
void Variants::insert(VariantPlace where, Variant variant) {
  std::vector<Variant> variants;
  for (bool grows = true; grows;) {
    grows = false;
    for (auto place = places_.begin(); place != places_.end(); ++place) {
      if (!cross(place->where, where)) continue;
      where.start = std::min(where.start, place->where.start);
      where.end = std::max(where.end, place->where.end);
      std::ranges::move(place->variants, std::back_inserter(variants));
      places_.erase(place);
      grows = true;
      break;
    }
  }
  variants.push_back(std::move(variant));
  const auto is_same = [&](const Place& place) {
    return place.where.start == where.start && place.where.end == where.end &&
           place.where.kind == where.kind;
  };
  auto place = std::ranges::find_if(places_, is_same);
  if (place == places_.end()) {
    const auto is_before = [](const VariantPlace& a, const VariantPlace& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    };
    place = std::ranges::find_if(places_,
                                 [&](const Place& other) { return is_before(where, other.where); });
    place = places_.insert(place, Place{where, {}});
  }
  std::ranges::move(variants, std::back_inserter(place->variants));
}

MadeText Variants::make(const std::set<std::size_t>& without,
                        std::vector<std::size_t>& changes) const {
  const auto writer = is_script(language_) ? variant_writer_script(text_) : variant_writer_c(text_);
  for (const Place& place : places_) {
    std::vector<NumberedVariant> variants;
    for (const Variant& variant : place.variants) {
      if (without.contains(variant.change) || changes.size() >= kVariantsMax) continue;
      auto code = code_of(variant, place.where);
      if (!code) continue;  // of a place that has grown
      changes.push_back(variant.change);
      variants.push_back({static_cast<int>(changes.size()), std::move(*code)});
    }
    if (!variants.empty()) writer->add(place.where, variants);
  }
  return writer->finish();
}

}  // namespace curlew::assist
