// Lays out the prompt of each next-edit family. Private to model/text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/text/next_edit.h"
#include "model/text/next_edit_parts.h"
#include "model/text/prompt_writer.h"
#include "model/text/recent_edit.h"

namespace curlew::model {

// What a prompt is made of, checked: nothing in it holds a marker of the family's that is no token.
struct Material {
  const NextEditText& asked;
  PromptText text;  // of which less may be shown than was asked for
  struct Edit {
    std::string path;
    EditHunk hunk;
  };
  std::vector<Edit> edits;                  // oldest first
  std::vector<ContextBlock> context;        // lines ended by "\n"
  std::vector<LineDiagnostic> diagnostics;  // of one line each
};

// Everything given must outlive it.
class NextEditWriter {
 public:
  NextEditWriter(const Tokenizer& tokenizer, const NextEditFormat& format, const Material& material)
      : tokenizer_(tokenizer), format_(format), material_(material), text_(material.text) {}

  // With the newest edits and the first blocks, as many as given.
  std::vector<TokenId> write(std::size_t edits, std::size_t blocks);

  std::string edit_text(const Material::Edit& edit) const;
  std::string block_text(const ContextBlock& block) const;

 private:
  bool is_sweep() const {
    return format_.layout == NextEditLayout::kSweep || format_.layout == NextEditLayout::kSweepV2;
  }
  void zeta(PromptWriter& out) const;
  void zeta2(PromptWriter& out) const;
  void zeta21_region(PromptWriter& out) const;
  void sweep(PromptWriter& out) const;
  void sweep_section(PromptWriter& out, std::string_view kind) const;
  void region_with_cursor(PromptWriter& out, std::string_view region,
                          std::string_view marker) const;
  std::string original_region() const;
  std::string diagnostics() const;
  auto edits() const { return std::span(material_.edits).last(edits_); }
  auto blocks() const { return std::span(material_.context).first(blocks_); }

  const Tokenizer& tokenizer_;
  const NextEditFormat& format_;
  const Material& material_;
  const PromptText& text_;
  std::size_t edits_ = 0, blocks_ = 0;
};

}  // namespace curlew::model
