// Chat prompts: which turns a model was trained on, and the tokens of a conversation.
//
// A file's chat template is a program in a template language. It is never run: programs from model
// files have taken over the machines that ran them (CVE-2024-34359). It is only looked at for
// tell-tale substrings, and the layouts themselves stand in one table (chat_families.cpp). What
// users and files wrote is always encoded with special-token parsing off. Where a family's markers
// are no tokens but plain text (Llama-2's "[INST]", Alpaca's "### Instruction:"), nothing can tell
// them from the same words in a message.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

enum class ChatRole { kSystem, kUser, kAssistant };

struct ChatMessage {
  ChatRole role = ChatRole::kUser;
  std::string text;  // as given: nothing is trimmed
};

struct ChatLayout;  // chat_families.h

struct ChatFormat {
  std::string family;                  // "chatml", "llama-3", ...
  const ChatLayout* layout = nullptr;  // of the table; lives as long as the program
  bool add_bos = false;
  std::vector<TokenId> stop_tokens;  // besides the vocabulary's end-of-generation set; sorted
  std::vector<std::string> stop_strings;
  std::string why;  // "the file's chat template has <|im_start|>"
};

// `chat_template` is the file's tokenizer.chat_template, "" when it has none: then a model whose
// name says that it was made for instructions is known by its vocabulary. Error kUnsupported, with
// what was looked for, when the model has no chat form or one that is not known.
Expected<ChatFormat> choose_chat_format(const Tokenizer& tokenizer, std::string_view chat_template,
                                        std::string_view architecture, std::string_view model_name,
                                        std::string_view file_name);

// The family that configuration asks for. Error kInvalidInput, with the list of those known, for a
// name that is none; kUnsupported when the vocabulary lacks the family's tokens, and for "none".
Expected<ChatFormat> chat_format_named(std::string_view name, const Tokenizer& tokenizer);
std::vector<std::string> chat_format_names();

// The conversation and what opens the answer. A last message of the assistant is the beginning of
// the answer and stays open. Families without a system turn get the system's texts in a user's, as
// their templates do. Never fails: no messages are an empty conversation.
std::vector<TokenId> build_chat_prompt(const Tokenizer& tokenizer, const ChatFormat& format,
                                       std::span<const ChatMessage> messages);

}  // namespace curlew::model
