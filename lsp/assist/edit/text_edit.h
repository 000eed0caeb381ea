// Changes to a text, as data: what a candidate proposes, a gate checks and an editor applies.
//
// Offsets are bytes of the text before any of them is made. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/error.h"

namespace curlew::assist {

struct TextEdit {
  std::size_t start = 0, end = 0;  // replaced: [start, end)
  std::string text;

  bool operator==(const TextEdit&) const = default;
};

// Sorted, and none overlaps another (two insertions at one place are an overlap, too).
// kInvalidInput names the first offset that breaks this or lies outside the text.
Status check_edits(std::string_view text, const std::vector<TextEdit>& edits);

Expected<std::string> apply_edits(std::string_view text, const std::vector<TextEdit>& edits);

// Whatever line ends the edits write become those of the text's first line.
void fit_line_ends(std::string_view text, std::vector<TextEdit>& edits);

// What turns `before` into `after`, by whole lines and then cut to what differs in them: a shortest
// script by lines (Myers 1986). Beyond kDiffCostMax changes the rest is one edit.
std::vector<TextEdit> edits_between(std::string_view before, std::string_view after);
constexpr int kDiffCostMax = 2000;

// As diff -u and git write it ("--- a/path"), with three lines of context; "" for equal texts. Says
// "\ No newline at end of file" where that is so; line ends are kept as they are.
std::string unified_diff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace curlew::assist
