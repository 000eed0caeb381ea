// What a next-edit prompt holds: checked, and as much as fits.

#include <algorithm>

#include "model/text/next_edit.h"
#include "model/text/next_edit_writer.h"

namespace curlew::model {
namespace {

constexpr std::size_t kEditsMax = 8;
constexpr std::size_t kDiagnosticsMax = 8;
// Lines of the file that sweep-v2 sees on either side of the region; fewer where they do not fit.
constexpr std::size_t kSweepAroundLines[] = {150, 40, 0};
// Joining texts changes the number of their tokens by no more than this.
constexpr std::size_t kJoinTokens = 4;
constexpr std::size_t kAnswerTokensMore = 128;  // that an edit may add to the region

// Those of merge conflicts are lines; the others may stand anywhere.
bool holds(std::string_view text, std::string_view marker) {
  std::size_t at = text.find(marker);
  if (!marker.ends_with('\n')) return at != std::string_view::npos;
  while (at != std::string_view::npos && at > 0 && text[at - 1] != '\n')
    at = text.find(marker, at + 1);
  return at != std::string_view::npos;
}

// The first of the family's markers that text holds and that is no token of its own; "" for none.
std::string_view held_marker(const Tokenizer& tokenizer, const NextEditFormat& format,
                             std::string_view text) {
  for (const std::string_view marker : next_edit_markers(format.layout))
    if (!tokenizer.find(marker) && holds(text, marker)) return marker;
  return {};
}

// The text with only so many lines on either side of the region.
PromptText with_lines_around(const PromptText& whole, std::size_t lines) {
  std::size_t begin = whole.editable.begin, end = whole.editable.end;
  for (std::size_t i = 0; i < lines && begin > 0; ++i)
    begin = begin == 1 ? 0 : whole.text.rfind('\n', begin - 2) + 1;  // npos + 1 is 0
  for (std::size_t i = 0; i < lines && end < whole.text.size(); ++i)
    end = std::min(whole.text.find('\n', end), whole.text.size() - 1) + 1;
  PromptText out = whole;
  out.text = whole.text.substr(begin, end - begin);
  out.first_line += count_lines(std::string_view(whole.text).substr(0, begin));
  out.cursor -= begin;
  out.editable = {whole.editable.begin - begin, whole.editable.end - begin};
  return out;
}

Expected<Material> gather(const Tokenizer& tokenizer, const NextEditFormat& format,
                          const NextEditText& asked) {
  Expected<PromptText> text = prompt_text(asked);
  if (!text) return std::move(text.error()).pass();
  for (const std::string_view part : {std::string_view(text->text), std::string_view(asked.path)})
    if (const std::string_view marker = held_marker(tokenizer, format, part); !marker.empty())
      return fail(Errc::kInvalidInput, "the text holds \"{}\", which {} writes itself",
                  without_last_feed(marker), format.family);
  Material material = {.asked = asked, .text = std::move(*text)};
  const std::span all(asked.edits);
  for (const RecentEdit& edit : all.last(std::min(all.size(), kEditsMax))) {
    EditHunk hunk = hunk_of(edit);
    const std::string shown = edit.path + "\n" + hunk.before() + hunk.added;
    if (!hunk.empty() && held_marker(tokenizer, format, shown).empty())
      material.edits.push_back({edit.path, std::move(hunk)});
  }
  if (format.layout == NextEditLayout::kZeta) return material;  // has no place for more
  for (const LineDiagnostic& diagnostic : asked.diagnostics) {
    const std::string first_line = diagnostic.message.substr(0, diagnostic.message.find('\n'));
    if (material.diagnostics.size() < kDiagnosticsMax &&
        held_marker(tokenizer, format, first_line).empty())
      material.diagnostics.push_back({diagnostic.line, first_line});
  }
  for (const ContextBlock& block : asked.context) {
    ContextBlock piece = {block.path, with_line_feeds(block.text)};
    if (held_marker(tokenizer, format, piece.path + "\n" + piece.text).empty())
      material.context.push_back(std::move(piece));
  }
  return material;
}

// How many of `texts`, from the front, fit into `left`, which shrinks.
std::size_t count_fitting(const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                          std::size_t& left) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t cost =
        tokenizer.encode(texts[i], {.literal = true, .continues = true}).size() + kJoinTokens;
    if (cost > left) return i;
    left -= cost;
  }
  return texts.size();
}

NextEditPrompt fill(const Tokenizer& tokenizer, NextEditWriter& writer, const Material& material,
                    std::size_t left, std::size_t tokens_max) {
  std::vector<std::string> edits, blocks;
  for (auto edit = material.edits.rbegin(); edit != material.edits.rend(); ++edit)
    edits.push_back(writer.edit_text(*edit));
  for (const ContextBlock& block : material.context) blocks.push_back(writer.block_text(block));
  NextEditPrompt prompt;
  prompt.edits_used = count_fitting(tokenizer, edits, left);
  prompt.context_used = count_fitting(tokenizer, blocks, left);
  prompt.tokens = writer.write(prompt.edits_used, prompt.context_used);
  while (prompt.tokens.size() > tokens_max) {  // joined texts took more tokens than apart
    --(prompt.context_used > 0 ? prompt.context_used : prompt.edits_used);
    prompt.tokens = writer.write(prompt.edits_used, prompt.context_used);
  }
  return prompt;
}

}  // namespace

Expected<NextEditPrompt> build_next_edit_prompt(const Tokenizer& tokenizer,
                                                const NextEditFormat& format,
                                                const NextEditText& text,
                                                const NextEditBudget& budget) {
  Expected<Material> material = gather(tokenizer, format, text);
  if (!material) return std::move(material.error()).during("next edit of " + text.path);
  const auto tokens_max = static_cast<std::size_t>(std::max(0, budget.prompt_tokens_max));
  const PromptText whole = material->text;
  std::size_t core = 0;
  for (const std::size_t lines : kSweepAroundLines) {
    if (format.layout == NextEditLayout::kSweepV2) material->text = with_lines_around(whole, lines);
    NextEditWriter writer(tokenizer, format, *material);
    core = writer.write(0, 0).size();
    if (core > tokens_max) continue;
    NextEditPrompt prompt = fill(tokenizer, writer, *material, tokens_max - core, tokens_max);
    prompt.copy_from = whole.region();
    const EncodeOptions literal = {.literal = true, .continues = true};
    const std::size_t region = tokenizer.encode(prompt.copy_from, literal).size();
    prompt.answer_tokens_max = static_cast<int>(region + region / 2 + kAnswerTokensMore);
    return prompt;
  }
  return fail(
      Errc::kInvalidInput,
      "next edit of {}: the region and what stands around it take {} tokens, the prompt may "
      "have {}",
      text.path, core, tokens_max);
}

}  // namespace curlew::model
