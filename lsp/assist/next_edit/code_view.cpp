#include "lsp/assist/next_edit/code_view.h"

#include <algorithm>
#include <array>
#include <span>

#include "lsp/assist/place.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kHeadBytes = 256;  // what the language is guessed from

struct FamilyOf {
  std::string_view language;
  Family family;
};
constexpr FamilyOf kFamilies[] = {{"c", Family::kC},
                                  {"cpp", Family::kC},
                                  {"cuda", Family::kC},
                                  {"java", Family::kJava},
                                  {"c_sharp", Family::kJava},
                                  {"go", Family::kGo},
                                  {"rust", Family::kRust},
                                  {"javascript", Family::kScript},
                                  {"typescript", Family::kScript},
                                  {"tsx", Family::kScript},
                                  {"python", Family::kPython},
                                  {"html", Family::kMarkup},
                                  {"xml", Family::kMarkup}};

Family find_family(std::string_view path, const indexer::Language* language) {
  if (language == nullptr) {
    constexpr std::array<std::string_view, 6> kMarkup = {".xml", ".xhtml", ".svg",
                                                         ".vue", ".xaml",  ".svelte"};
    const bool markup = std::ranges::any_of(
        kMarkup, [&](std::string_view extension) { return path.ends_with(extension); });
    return markup ? Family::kMarkup : Family::kOther;
  }
  for (const FamilyOf& entry : kFamilies)
    if (entry.language == language->name) return entry.family;
  return Family::kOther;
}

// Words that can stand before or after a name without being a type or a variable.
constexpr std::string_view kCommonKeywords =
    " if else for while do return break continue switch case default new delete throw try catch "
    "goto sizeof in is not and or as from import export static const let var function class struct "
    "enum interface trait impl fn func def type match use mod pub async await yield lambda with "
    "except raise finally pass global nonlocal assert del elif using namespace template typename "
    "typedef union operator public private protected virtual override final extends implements "
    "instanceof typeof void true false null nullptr None True False self this super package go "
    "defer select range map chan fallthrough extern constexpr inline volatile mutable friend "
    "co_return co_await co_yield ref where loop move dyn unsafe crate ";

bool is_access_word(std::string_view word) {
  return word == "public" || word == "private" || word == "protected";
}

}  // namespace

bool is_keyword(std::string_view word) {
  const std::string padded = fmt::format(" {} ", word);
  return kCommonKeywords.find(padded) != kCommonKeywords.npos;
}

bool is_identifier(std::string_view word) {
  if (word.empty() || (word[0] >= '0' && word[0] <= '9')) return false;
  return std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
  });
}

CodeView::CodeView(std::string path, std::string_view language_id,
                   std::shared_ptr<const std::string> text)
    : path_(std::move(path)),
      text_(std::move(text)),
      language_(
          indexer::language_of(path_, std::string_view(*text_).substr(0, kHeadBytes), language_id)),
      family_(find_family(path_, language_)),
      tokens_(code_tokens(*text_, language_)),
      lines_(*text_) {
  pair_brackets();
}

// A closer that fits none of the open ones is left alone, so that one slip does not spoil the rest.
void CodeView::pair_brackets() {
  constexpr std::string_view kOpeners = "([{", kClosers = ")]}";
  partners_.assign(tokens_.size(), kNone);
  openers_.assign(tokens_.size(), kNone);
  std::vector<std::size_t> open;
  for (std::size_t idx = 0; idx < tokens_.size(); ++idx) {
    const std::string_view word = spelling(idx);
    const bool is_mark = tokens_[idx].kind == TokenKind::kOperator && word.size() == 1;
    const std::size_t closer = is_mark ? kClosers.find(word[0]) : kClosers.npos;
    if (closer != kClosers.npos) {
      std::size_t depth = open.size();
      while (depth > 0 && spelling(open[depth - 1])[0] != kOpeners[closer]) --depth;
      if (depth > 0) {
        partners_[open[depth - 1]] = idx;
        partners_[idx] = open[depth - 1];
        open.resize(depth - 1);
      }
    }
    openers_[idx] = open.empty() ? kNone : open.back();
    if (is_mark && kOpeners.find(word[0]) != kOpeners.npos) open.push_back(idx);
  }
}

std::string_view CodeView::line_text(int line) const {
  const std::size_t start = lines_.start(line);
  return text().substr(start, lines_.end(line) - start);
}

std::string_view CodeView::spelling(std::size_t idx) const {
  return idx < tokens_.size() ? tokens_[idx].in(*text_) : std::string_view();
}

bool CodeView::is_word(std::size_t idx) const {
  return idx < tokens_.size() && tokens_[idx].kind == TokenKind::kWord;
}

bool CodeView::starts_line(std::size_t idx) const {
  const std::size_t start = lines_.start(line_of(idx));
  return trim(text().substr(start, tokens_[idx].start - start)).empty();
}

std::size_t CodeView::indent_of(int line) const {
  return assist::indent_of(line_text(line)).size();
}

std::vector<std::size_t> CodeView::words(std::string_view word) const {
  return words(word, 0, text().size());
}

std::vector<std::size_t> CodeView::words(std::string_view word, std::size_t start,
                                         std::size_t end) const {
  std::vector<std::size_t> found;
  for (std::size_t at = start; (at = text().find(word, at)) < end; at += word.size()) {
    const std::size_t idx = first_at(at);
    if (is_word(idx) && tokens_[idx].start == at && spelling(idx) == word) found.push_back(idx);
    if (found.size() > kWordsMax) return {};
  }
  return found;
}

bool CodeView::is_directive(std::size_t idx) const {
  return trim(line_text(line_of(idx))).starts_with('#');
}

std::size_t CodeView::statement_start(std::size_t idx) const {
  const bool by_lines = family_ == Family::kPython || family_ == Family::kGo;
  const std::size_t around = opener_of(idx);
  const bool in_block = around == kNone || spelling(around) == "{";
  while (idx > 0) {
    std::size_t before = idx - 1;
    if (before == around) break;
    const std::string_view mark = spelling(before);
    if (mark == ";" || (mark == "," && !in_block)) break;
    if (mark == "}" && in_block && tokens_[before].kind == TokenKind::kOperator) break;
    if (by_lines && in_block && starts_line(idx)) break;
    if (mark == ":" && in_block && is_access_word(spelling(before - 1))) break;
    if (family_ == Family::kC && starts_line(idx) && is_directive(before)) break;
    const bool closes = (mark == ")" || mark == "]" || mark == "}") && partner(before) != kNone;
    idx = closes ? partner(before) : before;
  }
  return idx;
}

}  // namespace curlew::assist
