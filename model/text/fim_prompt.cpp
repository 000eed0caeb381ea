// The tokens of a fill-in-the-middle prompt. Most stable first: what stands before the place where
// the user types stays the same from key to key, and so does its part of the KV cache.

#include <algorithm>

#include "model/text/comment_style.h"
#include "model/text/fim.h"
#include "model/text/fit_lines.h"
#include "model/text/path_header.h"

namespace curlew::model {
namespace {

using Tokens = std::vector<TokenId>;

// Room that is kept for what will be typed after a prompt, so that the prefix's cut need not move
// meanwhile: up to this many tokens, but no more than a sixteenth of the prompt.
constexpr std::size_t kTypedTokensReserved = 32;

// Text of the user's files: no part of it becomes a token that steers the model.
constexpr EncodeOptions kUserText = {.literal = true};
constexpr EncodeOptions kMoreUserText = {.literal = true, .continues = true};

void append(Tokens& out, const Tokens& tokens) {
  out.insert(out.end(), tokens.begin(), tokens.end());
}
void append(Tokens& out, TokenId id) {
  if (id >= 0) out.push_back(id);
}

class PromptBuilder {
 public:
  PromptBuilder(const Tokenizer& tokenizer, const FimFormat& format, const FimText& text,
                const FimBudget& budget)
      : tokenizer_(tokenizer), format_(format), text_(text), budget_(budget) {}

  FimPrompt build();

 private:
  bool has_file_tokens() const {
    return format_.context == ContextStyle::kFileSep && format_.file_sep >= 0;
  }
  std::size_t tokens_max() const {
    return static_cast<std::size_t>(std::max(0, budget_.prompt_tokens_max));
  }

  Tokens block(const ContextBlock& block) const;
  Tokens file_header() const;
  Tokens path_line() const;
  Tokens repo_header() const;
  void fit_context(FimPrompt& prompt);
  void fit_prefix_and_suffix(FimPrompt& prompt);
  std::size_t marker_count() const;
  Tokens assemble() const;

  const Tokenizer& tokenizer_;
  const FimFormat& format_;
  const FimText& text_;
  const FimBudget& budget_;
  Tokens context_;  // blocks, with the repository's name before and the file's own path behind them
  Tokens path_;     // where it opens the prefix
  Tokens prefix_, suffix_, typed_;
};

std::string ended_by_newline(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out.push_back('\n');
  return out;
}

Tokens PromptBuilder::block(const ContextBlock& block) const {
  Tokens out;
  std::string text;
  switch (format_.context) {
    case ContextStyle::kFileSep:
      append(out, format_.file_sep);
      text = fmt::format("{}\n{}", block.path, ended_by_newline(block.text));
      break;
    case ContextStyle::kHashPath:
      text = fmt::format("#{}\n{}", block.path, ended_by_newline(block.text));
      break;
    case ContextStyle::kPlusPath:
      text = fmt::format("+++++ {}\n{}", block.path, ended_by_newline(block.text));
      break;
    case ContextStyle::kNone:
    case ContextStyle::kPathHeader:
      text = as_comment(block.path, block.text, text_.path);
      break;
  }
  append(out, tokenizer_.encode(text, kMoreUserText));
  return out;
}

Tokens PromptBuilder::repo_header() const {
  Tokens out;
  if (!has_file_tokens() || format_.repo_name < 0 || text_.repo_name.empty()) return out;
  append(out, format_.repo_name);
  append(out, tokenizer_.encode(text_.repo_name + (format_.repo_line ? "\n" : ""), kMoreUserText));
  return out;
}

Tokens PromptBuilder::path_line() const {
  if (text_.path.empty()) return {};
  return tokenizer_.encode(text_.path + "\n", kMoreUserText);
}

// Where the current file begins. Plain-text styles need it only to end the file before it.
Tokens PromptBuilder::file_header() const {
  Tokens out;
  if (text_.path.empty()) return out;
  if (has_file_tokens()) {
    append(out, format_.file_sep);
    if (!format_.path_behind_prefix) append(out, path_line());
  } else if (format_.context == ContextStyle::kPathHeader) {
    append(out, tokenizer_.encode(path_header(text_.path), kMoreUserText));
  } else if (!context_.empty() && format_.context == ContextStyle::kHashPath) {
    append(out, tokenizer_.encode(fmt::format("#{}\n", text_.path), kMoreUserText));
  } else if (!context_.empty() && format_.context == ContextStyle::kPlusPath) {
    append(out, tokenizer_.encode(fmt::format("+++++ {}\n", text_.path), kMoreUserText));
  }
  return out;
}

// Whole blocks from the front, until one does not fit.
void PromptBuilder::fit_context(FimPrompt& prompt) {
  const auto share = static_cast<std::size_t>(std::clamp(budget_.context_share, 0.f, 1.f) *
                                              static_cast<float>(tokens_max()));
  const Tokens repo = repo_header();
  std::size_t used = repo.size();
  for (const ContextBlock& candidate : text_.context) {
    const Tokens tokens = block(candidate);
    if (used + tokens.size() > share) break;
    if (context_.empty()) append(context_, repo);
    append(context_, tokens);
    used += tokens.size();
    ++prompt.context_used;
  }
  prompt.context_tokens = static_cast<int>(context_.size());
  const Tokens header = file_header();
  const Tokens path = format_.path_behind_prefix ? path_line() : Tokens();
  if (context_.size() + header.size() + path.size() + marker_count() > tokens_max()) return;
  append(context_, header);
  path_ = path;
}

std::size_t PromptBuilder::marker_count() const {
  return static_cast<std::size_t>((format_.add_bos ? 1 : 0) + 2 + (format_.middle >= 0 ? 1 : 0));
}

void PromptBuilder::fit_prefix_and_suffix(FimPrompt& prompt) {
  std::string_view prefix = text_.prefix;
  const bool prefix_is_last =
      format_.order == FimOrder::kSpmSide;  // typing only appends: nothing to force
  if (!prefix_is_last && !text_.typed.empty() && prefix.ends_with(text_.typed)) {
    prefix.remove_suffix(text_.typed.size());
    typed_ = tokenizer_.encode(text_.typed, kMoreUserText);
  }
  const std::size_t spent = context_.size() + path_.size() + marker_count();
  std::size_t left = tokens_max() > spent ? tokens_max() - spent : 0;
  if (typed_.size() > left)
    typed_.erase(typed_.begin(), typed_.end() - static_cast<std::ptrdiff_t>(left));
  const std::size_t reserve = std::max(typed_.size(), std::min(kTypedTokensReserved, left / 16));
  left -= reserve;

  const auto suffix_max = static_cast<std::size_t>(std::clamp(budget_.suffix_share, 0.f, 1.f) *
                                                   static_cast<float>(left));
  FittedText suffix = fit_head(tokenizer_, text_.suffix, suffix_max, kMoreUserText);
  // A vocabulary that begins a text with a space does so for the prefix, as its family was trained;
  // but not when other text of ours stands before it.
  const bool first_text = format_.begins_text && (context_.empty() || has_file_tokens());
  FittedText fitted = fit_tail(tokenizer_, prefix, left - suffix.tokens.size(),
                               first_text ? kUserText : kMoreUserText);
  suffix_ = std::move(suffix.tokens);
  prefix_ = std::move(fitted.tokens);
  prompt.suffix_cut = suffix.cut;
  prompt.prefix_cut = fitted.cut;
  prompt.suffix_tokens = static_cast<int>(suffix_.size());
  prompt.prefix_tokens = static_cast<int>(prefix_.size() + typed_.size());
}

Tokens PromptBuilder::assemble() const {
  Tokens out;
  if (format_.add_bos) append(out, tokenizer_.special().bos);
  if (has_file_tokens()) append(out, context_);
  const auto put_prefix = [&] {
    if (!has_file_tokens())
      append(out, context_);  // plain text: part of what stands before the cursor
    append(out, path_);
    append(out, prefix_);
  };
  switch (format_.order) {
    case FimOrder::kPsm:
      append(out, format_.prefix);
      put_prefix();
      append(out, format_.suffix);
      append(out, suffix_);
      append(out, format_.middle);
      break;
    case FimOrder::kSpm:
      append(out, format_.suffix);
      append(out, suffix_);
      append(out, format_.prefix);
      put_prefix();
      append(out, format_.middle);
      break;
    case FimOrder::kSpmSide:
      append(out, format_.prefix);
      append(out, format_.suffix);
      append(out, suffix_);
      append(out, format_.middle);
      put_prefix();
      break;
  }
  append(out, typed_);
  return out;
}

FimPrompt PromptBuilder::build() {
  FimPrompt prompt;
  fit_context(prompt);
  fit_prefix_and_suffix(prompt);
  prompt.tokens = assemble();
  return prompt;
}

}  // namespace

FimPrompt build_fim_prompt(const Tokenizer& tokenizer, const FimFormat& format, const FimText& text,
                           const FimBudget& budget) {
  return PromptBuilder(tokenizer, format, text, budget).build();
}

}  // namespace curlew::model
