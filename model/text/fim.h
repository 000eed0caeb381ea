// Fill-in-the-middle prompts: which layout a model was trained on, and the tokens of a prompt in
// that layout.
//
// The family is chosen from the vocabulary (its control tokens), the architecture and the file's
// name, by one table (fim_families.cpp); `why` says which row decided. User text is always encoded
// with special-token parsing off; control tokens are inserted as ids.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

enum class FimOrder {
  kPsm,      // <pre> P <suf> S <mid>                     Qwen2.5-Coder, DeepSeek-Coder, CodeLlama,
             // StarCoder...
  kSpm,      // <suf> S <pre> P <mid>                     Seed-Coder, Codestral (no <mid>), Mellum
  kSpmSide,  // <pre> <suf> S <mid> P                     prefix and middle side by side: the
             // bundled model, aiXcoder
};

// How pieces of other files stand before the current file.
enum class ContextStyle {
  kNone,      // no cross-file form known: pieces go as comments above the prefix
  kFileSep,   // <repo_name>name\n <file_sep>path\n text ... <file_sep>path\n; variants below
  kHashPath,  // "#path\n" + text, plain text (DeepSeek-Coder)
  kPlusPath,  // "+++++ path\n" + text, plain text (Codestral)
  // As kNone; and the prefix begins with two comments that say the file's path and its language
  // (aiXcoder).
  kPathHeader,
};

struct FimFormat {
  std::string family;  // "qwen2.5-coder", "codellama", ..., "bundled"
  FimOrder order = FimOrder::kPsm;
  ContextStyle context = ContextStyle::kNone;
  TokenId prefix = -1, suffix = -1, middle = -1;  // middle may be -1 (Codestral)
  TokenId repo_name = -1, file_sep = -1;
  bool add_bos = false;
  bool repo_line = true;            // the repository's name ends with a line feed
  bool path_behind_prefix = false;  // the file's path stands behind <pre>, not before it
  bool begins_text = true;     // a vocabulary that opens texts with a blank opens the prefix so
  bool ends_by_itself = true;  // else end_of_middle() is needed
  std::vector<TokenId> stop_tokens;  // besides the vocabulary's end-of-generation set; sorted
  std::vector<std::string> stop_strings;
  std::string why;  // "vocabulary has <|fim_prefix|>, <|fim_suffix|>, <|fim_middle|>"
};

// Error kUnsupported, with what was looked for, when the model has no fill-in-the-middle form.
Expected<FimFormat> choose_fim_format(const Tokenizer& tokenizer, std::string_view architecture,
                                      std::string_view model_name, std::string_view file_name);

// The family that configuration asks for, whatever the model is called. Error kInvalidInput, with
// the list of those known, for a name that is none; kUnsupported when the vocabulary lacks the
// family's tokens, and for "none", which turns fill-in-the-middle off.
Expected<FimFormat> fim_format_named(std::string_view name, const Tokenizer& tokenizer);
std::vector<std::string> fim_format_names();

// Where the middle ends for a model that does not stop by itself: before a bracket that closes what
// stands open before the cursor and that the suffix begins with, or before a line that is the
// suffix's next one. Nothing: go on. Nothing always, where the format ends by itself. Has the shape
// of a TextFilter once format and suffix are bound; called once a token, linear in `middle`.
std::optional<std::size_t> end_of_middle(const FimFormat& format, std::string_view suffix,
                                         std::string_view middle);

// A retrieved piece of another file, most stable first.
struct ContextBlock {
  std::string path;
  std::string text;
};

struct FimText {
  std::string prefix, suffix;  // around the cursor, whole
  std::string path;            // of the file, relative to the workspace; "" when unknown
  std::string repo_name;
  std::vector<ContextBlock> context;
  // What the user typed since an earlier prompt of the same burst: prefix == (earlier prefix) +
  // typed. In prefix-first orders it is fed as the forced beginning of the middle, so that neither
  // suffix nor prefix is evaluated again. "" otherwise. The engine fills it in when it sees the
  // burst.
  std::string typed;
};

struct FimBudget {
  int prompt_tokens_max = 0;   // everything together
  float suffix_share = 0.25f;  // of what is left after context, at most
  float context_share = 0.4f;  // of the whole, at most
};

struct FimPrompt {
  std::vector<TokenId> tokens;
  int context_tokens = 0, prefix_tokens = 0, suffix_tokens = 0;
  std::size_t context_used = 0;  // how many context blocks fitted, counted from the front
  bool prefix_cut = false, suffix_cut = false;
};

// Lays the prompt out. The prefix is cut at its start and the suffix at its end, at line
// boundaries, to fit the budget; the cut moves in steps of several lines so that it, and with it
// the KV cache, survives keystrokes. Blocks of context are dropped whole from the back. Never
// fails: an empty prefix and suffix are a valid prompt.
FimPrompt build_fim_prompt(const Tokenizer& tokenizer, const FimFormat& format, const FimText& text,
                           const FimBudget& budget);

}  // namespace curlew::model
