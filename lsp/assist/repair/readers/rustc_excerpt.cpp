#include "lsp/assist/repair/readers/rustc_excerpt.h"

#include <utility>

#include "lsp/assist/repair/readers/scan.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kShownMax = 64;

// A line put in, taken out, or changed, ends with its line break.
FixIt whole_lines(const std::string& path, int first, int behind, std::string text) {
  return {{path, first, 1, behind, 1}, std::move(text)};
}

}  // namespace

void RustcExcerpt::begin(const SourcePlace& place) {
  place_ = place;
  in_help_ = false;
  shown_.clear();
  number_ = 0;
}

void RustcExcerpt::begin_part(std::string_view text, Report& report) {
  end(report);
  in_help_ = text.starts_with("help: ");
}

void RustcExcerpt::line(std::string_view text, Report& report) {
  Cursor cursor(trimmed(text));
  if (cursor.take("--> ")) {  // another place than the complaint's
    if (const auto at = colon_place(cursor.rest())) place_ = at->place;
    return;
  }
  if (numbered(text)) return;
  cursor = Cursor(text);
  cursor.skip_spaces();
  if (cursor.take("|")) marks(cursor.rest(), report);
}

// "63 |     code", "71 -     code", "71 +     code"
bool RustcExcerpt::numbered(std::string_view text) {
  Cursor cursor(text);
  cursor.skip_spaces();
  const auto number = cursor.take_number();
  if (!number || !cursor.take(" ") || cursor.done()) return false;
  const char sign = cursor.rest().front();
  if (sign != '|' && sign != '-' && sign != '+' && sign != '~') return false;
  std::string_view code = cursor.rest().substr(1);
  if (code.starts_with(' ')) code.remove_prefix(1);
  number_ = *number;
  is_decorated_ = code.starts_with("/ ") || code.starts_with("| ");
  if (in_help_ && shown_.size() < kShownMax)
    shown_.push_back({number_, sign, std::string(code), sign == '~'});
  return true;
}

// Below a line of source: "      ^^^^ label"; "      |    a label that hangs from a mark above".
void RustcExcerpt::marks(std::string_view text, Report& report) {
  if (in_help_) {
    const bool is_mark = text.find_first_not_of(" +~-^") == text.npos;
    const bool is_change = text.find_first_of("+~") != text.npos;
    if (is_mark && is_change && !shown_.empty()) shown_.back().is_changed = true;
    return;
  }
  const std::size_t label = text.find_first_not_of(" |^-");
  if (label == text.npos || number_ == 0) return;
  // From the first of the last marks, or, hanging, from where the label stands.
  std::size_t at = label;
  while (at > 0 && text[at - 1] == ' ') --at;
  const bool hangs = at == 0 || text[at - 1] == '|';
  if (hangs)
    at = label;
  else
    while (at > 0 && (text[at - 1] == '^' || text[at - 1] == '-')) --at;
  SourcePlace place{place_.path, number_, is_decorated_ ? 0 : static_cast<int>(at)};
  report.note(text.substr(label), std::move(place));
}

void RustcExcerpt::propose(Report& report) {
  int put_in = 0;  // lines: what is below them is numbered as if they stood there
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const Shown& line = shown_[i];
    const int number = line.number - put_in;
    if (number < 1) continue;  // mangled on its way
    const bool is_pair = line.sign == '-' && i + 1 < shown_.size() && shown_[i + 1].sign == '+' &&
                         shown_[i + 1].number == line.number;
    if (is_pair) {
      report.fixit(whole_lines(place_.path, number, number + 1, shown_[++i].code + "\n"));
    } else if (line.sign == '-') {
      report.fixit(whole_lines(place_.path, number, number + 1, ""));
    } else if (line.sign == '+') {
      report.fixit(whole_lines(place_.path, number, number, line.code + "\n"));
      ++put_in;
    } else if (line.is_changed) {
      report.fixit(whole_lines(place_.path, number, number + 1, line.code + "\n"));
    }
  }
}

void RustcExcerpt::end(Report& report) {
  if (in_help_) propose(report);
  shown_.clear();
  in_help_ = false;
}

}  // namespace curlew::assist
