// The order within each prompt is its family's own; what changes least from key to key stands first
// where the family leaves a choice.
#include "model/text/next_edit_writer.h"

#include <algorithm>
#include <utility>

namespace curlew::model {
namespace {

// Of unchanged text on either side of the region: what zeta's families were trained with, at Zed's
// three bytes a token.
constexpr std::size_t kZetaAroundBytes = 150 * 3;

std::string ended_by_newline(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out.push_back('\n');
  return out;
}

// Whole lines at the end, or at the start, of text.
std::string_view last_lines(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const std::size_t feed = text.find('\n', text.size() - bytes_max - 1);
  return feed == std::string_view::npos ? std::string_view() : text.substr(feed + 1);
}
std::string_view first_lines(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  return text.substr(0, text.substr(0, bytes_max).rfind('\n') + 1);  // npos + 1 is 0
}

}  // namespace

std::vector<TokenId> NextEditWriter::write(std::size_t edits, std::size_t blocks) {
  edits_ = edits;
  blocks_ = blocks;
  PromptWriter out(tokenizer_, next_edit_markers(format_.layout));
  if (format_.add_bos) out.token(tokenizer_.special().bos);
  if (is_sweep())
    sweep(out);
  else if (format_.layout == NextEditLayout::kZeta)
    zeta(out);
  else
    zeta2(out);
  return out.finish();
}

std::string NextEditWriter::edit_text(const Material::Edit& edit) const {
  if (format_.layout == NextEditLayout::kZeta)
    return fmt::format("User edited {}:\n```diff\n{}\n```", edit.path, unified(edit.hunk));
  if (is_sweep())
    return fmt::format("{}.diff\noriginal:\n{}updated:\n{}", edit.path, edit.hunk.before(),
                       edit.hunk.after());
  return fmt::format("--- a/{0}\n+++ b/{0}\n{1}", edit.path, unified(edit.hunk));
}

std::string NextEditWriter::block_text(const ContextBlock& block) const {
  return fmt::format("{}\n{}", block.path, ended_by_newline(block.text));
}

std::string NextEditWriter::diagnostics() const {
  std::string out;
  for (const LineDiagnostic& diagnostic : material_.diagnostics)
    out += fmt::format("line {}: {}\n", diagnostic.line, diagnostic.message);
  return out;
}

void NextEditWriter::region_with_cursor(PromptWriter& out, std::string_view region,
                                        std::string_view marker) const {
  out.user(region.substr(0, text_.cursor_in_region()));
  out.words(marker);
  out.user(region.substr(text_.cursor_in_region()));
}

void NextEditWriter::zeta(PromptWriter& out) const {
  out.words(
      "### Instruction:\nYou are a code completion assistant and your task is to analyze user "
      "edits and then rewrite an excerpt that the user provides, suggesting the appropriate edits "
      "within the excerpt, taking into account the cursor location.\n\n### User Edits:\n\n");
  for (std::string_view between; const Material::Edit& edit : edits()) {
    out.user(between);
    out.user(edit_text(edit));
    between = "\n\n";
  }
  out.words("\n\n### User Excerpt:\n\n```");
  out.user(material_.asked.path);
  out.words("\n");
  const std::string_view before = last_lines(text_.before(), kZetaAroundBytes);
  if (text_.first_line == 1 && before.size() == text_.editable.begin) {
    out.words(kZetaFileStart);
    out.words("\n");
  }
  out.user(before);
  out.words(kZetaRegionStart);
  out.words("\n");
  region_with_cursor(out, shown_region(text_), kZetaCursor);
  out.words("\n");
  out.words(kZetaRegionEnd);
  const std::string_view after = first_lines(text_.after(), kZetaAroundBytes);
  if (!after.empty()) {
    out.words("\n");
    out.user(without_last_feed(after));
  }
  out.words("\n```\n\n### Response:\n");
}

void NextEditWriter::zeta2(PromptWriter& out) const {
  out.words("<[fim-suffix]>");
  const std::string_view after = first_lines(text_.after(), kZetaAroundBytes);
  out.user(after);
  if (!after.ends_with('\n')) out.words("\n");
  out.words("<[fim-prefix]>");
  const auto pseudo_file = [&](std::string_view text) {
    out.words("<filename>");
    out.user(text);
  };
  for (const ContextBlock& block : blocks()) pseudo_file(block_text(block));
  if (!blocks().empty()) out.words("\n");
  if (const std::string found = diagnostics(); !found.empty())
    pseudo_file("diagnostics\n" + found + "\n");
  if (!edits().empty()) pseudo_file("edit_history\n");
  for (const Material::Edit& edit : edits()) out.user(edit_text(edit));
  if (!edits().empty()) out.words("\n");
  pseudo_file(material_.asked.path + "\n");
  out.user(last_lines(text_.before(), kZetaAroundBytes));
  if (format_.layout == NextEditLayout::kZeta21) {
    zeta21_region(out);
  } else {
    out.words(kZeta2Current);
    region_with_cursor(out, text_.region(), kZeta2Cursor);
    if (!text_.region().substr(text_.cursor_in_region()).ends_with('\n')) out.words("\n");
    out.words(kZeta2Divider);
  }
  out.words("<[fim-middle]>");
}

void NextEditWriter::zeta21_region(PromptWriter& out) const {
  const std::string_view region = text_.region();
  const std::vector<std::size_t> offsets = marker_offsets(region);
  const std::size_t cursor = text_.cursor_in_region();
  bool placed = false;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    out.words(fmt::format("{}{}{}", kZeta21MarkerStart, i + 1, kMarkerEnd));
    if (i + 1 == offsets.size()) break;
    const std::size_t begin = offsets[i], end = offsets[i + 1];
    if (placed || cursor > end) {
      out.user(region.substr(begin, end - begin));
      continue;
    }
    out.user(region.substr(begin, cursor - begin));
    out.words(kZeta2Cursor);
    out.user(region.substr(cursor, end - cursor));
    placed = true;
  }
  out.words("\n");
}

void NextEditWriter::sweep(PromptWriter& out) const {
  const auto block = [&](std::string_view text) {
    out.words(kFileSep);
    out.user(text);
  };
  if (format_.layout == NextEditLayout::kSweepV2)
    block(fmt::format("{}\n{}", material_.asked.path, ended_by_newline(text_.text)));
  for (const ContextBlock& context : blocks()) block(block_text(context));
  if (const std::string found = diagnostics(); !found.empty()) block("diagnostics\n" + found);
  for (const Material::Edit& edit : edits()) block(edit_text(edit));
  sweep_section(out, "original/");
  out.user(without_last_feed(original_region()));
  out.words("\n");
  sweep_section(out, "current/");
  if (format_.layout == NextEditLayout::kSweepV2)
    region_with_cursor(out, shown_region(text_), kSweepCursor);
  else
    out.user(without_last_feed(text_.region()));
  out.words("\n");
  sweep_section(out, "updated/");
  out.user(forced_beginning(format_, text_));
}

// The published script joins its lines, so that nothing follows the last path but the answer, which
// then begins with a line feed.
void NextEditWriter::sweep_section(PromptWriter& out, std::string_view kind) const {
  out.words(kFileSep);
  out.words(kind);
  out.user(material_.asked.path);
  if (format_.layout == NextEditLayout::kSweepV2) {
    const int first = text_.first_line + count_lines(text_.before());
    out.words(fmt::format(":{}:{}", first, first + std::max(1, count_lines(text_.region())) - 1));
  } else if (kind == "updated/") {
    return;
  }
  out.words("\n");
}

// The region without the newest edit, as far as that stands in it.
std::string NextEditWriter::original_region() const {
  std::string region(text_.region());
  if (material_.edits.empty() || material_.edits.back().path != material_.asked.path) return region;
  const EditHunk& hunk = material_.edits.back().hunk;
  for (const auto& [now, then] :
       {std::pair(hunk.after(), hunk.before()), std::pair(hunk.added, hunk.removed)}) {
    const std::size_t at = now.empty() ? std::string::npos : region.find(now);
    if (at == std::string::npos || (at > 0 && region[at - 1] != '\n')) continue;
    return region.replace(at, now.size(), then);
  }
  return region;
}

}  // namespace curlew::model
