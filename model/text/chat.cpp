#include "model/text/chat.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "model/text/chat_families.h"
#include "model/text/prompt_writer.h"

namespace curlew::model {
namespace {

constexpr std::size_t kTemplateBytesShown = 60;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c == '_' || c == ' ' ? '-' : static_cast<char>(std::tolower(c));
  });
  return out;
}

using Words = std::vector<std::string_view>;

bool has_all(std::string_view text, const Words& words) {
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

bool has_all(const Tokenizer& tokenizer, const Words& spellings) {
  return std::all_of(spellings.begin(), spellings.end(), [&](std::string_view spelling) {
    return tokenizer.find(spelling).has_value();
  });
}

bool fits_vocabulary(const ChatLayout& layout, const Tokenizer& tokenizer) {
  return has_all(tokenizer, layout.required) &&
         (layout.pre.empty() || layout.pre == tokenizer.pre_name());
}

// The word of the layout's that the model's names have; they must also say that it is no base
// model, which has the same vocabulary.
std::optional<std::string_view> name_word(const ChatLayout& layout, std::string_view names) {
  constexpr std::string_view kTrainedToAnswer[] = {"instruct", "chat",    "-it",      "assistant",
                                                   "devstral", "gpt-oss", "codestral"};
  const auto in_names = [&](std::string_view word) {
    return names.find(word) != std::string_view::npos;
  };
  if (std::none_of(std::begin(kTrainedToAnswer), std::end(kTrainedToAnswer), in_names)) return {};
  const auto found = std::find_if(layout.in_names.begin(), layout.in_names.end(), in_names);
  return found == layout.in_names.end() ? std::nullopt : std::optional(*found);
}

ChatFormat format_of(const ChatLayout& layout, const Tokenizer& tokenizer, std::string why) {
  const SpecialTokens& special = tokenizer.special();
  ChatFormat format;
  format.family = layout.name;
  format.layout = &layout;
  format.add_bos = special.bos >= 0 && layout.bos != ChatLayout::Bos::kNever &&
                   (layout.bos == ChatLayout::Bos::kAlways || special.add_bos);
  // A model that begins another turn has ended its own.
  for (const std::string_view marker : layout.markers) {
    const std::optional<TokenId> id = tokenizer.find(marker);
    if (id && marker != "<think>" && marker != "</think>") format.stop_tokens.push_back(*id);
  }
  std::sort(format.stop_tokens.begin(), format.stop_tokens.end());
  format.stop_strings.assign(layout.stop_strings.begin(), layout.stop_strings.end());
  format.why = std::move(why);
  return format;
}

std::optional<ChatFormat> format_by_template(const Tokenizer& tokenizer,
                                             std::string_view chat_template) {
  if (chat_template.empty()) return std::nullopt;
  for (const ChatLayout& layout : chat_layouts()) {
    if (!has_all(chat_template, layout.in_template) || !fits_vocabulary(layout, tokenizer))
      continue;
    std::string why =
        fmt::format("the file's chat template has {}", fmt::join(layout.in_template, " and "));
    if (!layout.required.empty())
      why += fmt::format("; the vocabulary has {}", fmt::join(layout.required, ", "));
    return format_of(layout, tokenizer, std::move(why));
  }
  return std::nullopt;
}

std::optional<ChatFormat> format_by_name(const Tokenizer& tokenizer, std::string_view names) {
  for (const ChatLayout& layout : chat_layouts()) {
    if (!fits_vocabulary(layout, tokenizer) || !has_all(tokenizer, layout.in_vocabulary)) continue;
    const std::optional<std::string_view> word = name_word(layout, names);
    if (!word) continue;
    Words seen = layout.required;
    seen.insert(seen.end(), layout.in_vocabulary.begin(), layout.in_vocabulary.end());
    return format_of(layout, tokenizer,
                     fmt::format("the file has no chat template; its name has \"{}\" and its "
                                 "vocabulary {}",
                                 *word, fmt::join(seen, ", ")));
  }
  return std::nullopt;
}

// Writes the turns in order.
class Conversation {
 public:
  Conversation(const ChatLayout& layout, PromptWriter& writer,
               std::span<const ChatMessage> messages)
      : layout_(layout), writer_(writer), messages_(messages) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].role != ChatRole::kUser) continue;
      first_user_ = std::min(first_user_, i);
      last_user_ = i;
    }
  }

  void write() {
    writer_.words(layout_.opening);
    for (std::size_t i = 0; i < messages_.size(); ++i) turn(i);
    if (messages_.empty() || messages_.back().role != ChatRole::kAssistant)
      writer_.words(layout_.answer);
  }

 private:
  bool merges_system() const { return layout_.system_place != ChatLayout::System::kTurn; }

  void around(const ChatTurn& turn, std::string_view text) {
    writer_.words(turn.before);
    writer_.user(text);
    writer_.words(turn.after);
  }

  void turn(std::size_t idx) {
    const ChatMessage& message = messages_[idx];
    switch (message.role) {
      case ChatRole::kSystem:
        if (!merges_system()) return around(layout_.system, message.text);
        // Without a user's turn to stand in it becomes one.
        if (first_user_ > messages_.size()) around(layout_.user, message.text);
        return;
      case ChatRole::kUser:
        writer_.words(layout_.user.before);
        if (merges_system() && idx == system_idx()) system_texts();
        writer_.user(message.text);
        return writer_.words(layout_.user.after);
      case ChatRole::kAssistant:
        writer_.words(layout_.assistant.before);
        writer_.user(message.text);
        if (idx + 1 < messages_.size()) writer_.words(layout_.assistant.after);
    }
  }

  std::size_t system_idx() const {
    return layout_.system_place == ChatLayout::System::kFirstUser ? first_user_ : last_user_;
  }

  void system_texts() {
    for (const ChatMessage& message : messages_)
      if (message.role == ChatRole::kSystem) around(layout_.system, message.text);
  }

  const ChatLayout& layout_;
  PromptWriter& writer_;
  std::span<const ChatMessage> messages_;
  std::size_t first_user_ = std::string::npos, last_user_ = std::string::npos;
};

}  // namespace

Expected<ChatFormat> choose_chat_format(const Tokenizer& tokenizer, std::string_view chat_template,
                                        std::string_view architecture, std::string_view model_name,
                                        std::string_view file_name) {
  if (std::optional<ChatFormat> format = format_by_template(tokenizer, chat_template))
    return std::move(*format);
  if (!chat_template.empty())
    return fail(Errc::kUnsupported,
                "model {} ({}, {}): its chat template, which begins \"{}\", is none of those known "
                "or needs tokens that its vocabulary lacks; known are {}",
                model_name, architecture, file_name, chat_template.substr(0, kTemplateBytesShown),
                fmt::join(chat_format_names(), ", "));
  const std::string names = lower(fmt::format("{}\n{}\n{}", model_name, file_name, architecture));
  if (std::optional<ChatFormat> format = format_by_name(tokenizer, names))
    return std::move(*format);
  return fail(Errc::kUnsupported,
              "model {} ({}, {}) has no chat form that is known: the file has no "
              "tokenizer.chat_template, and its name does not say that it was made for "
              "instructions (instruct, chat, -it), or its vocabulary has none of <|im_start|>, "
              "<|start_header_id|>, <start_of_turn>, <|start_of_role|>, [INST] and the like",
              model_name, architecture, file_name);
}

Expected<ChatFormat> chat_format_named(std::string_view name, const Tokenizer& tokenizer) {
  if (name == "none")
    return fail(Errc::kUnsupported, "chat is turned off: chat_format is \"none\"");
  for (const ChatLayout& layout : chat_layouts()) {
    if (layout.name != name) continue;
    if (!has_all(tokenizer, layout.required))
      return fail(Errc::kUnsupported, "chat_format \"{}\": the vocabulary lacks one of {}", name,
                  fmt::join(layout.required, " "));
    return format_of(layout, tokenizer, fmt::format("chat_format is \"{}\"", name));
  }
  return fail(Errc::kInvalidInput, "chat_format \"{}\" is not known; known are none, {}", name,
              fmt::join(chat_format_names(), ", "));
}

std::vector<std::string> chat_format_names() {
  std::vector<std::string> names;
  for (const ChatLayout& layout : chat_layouts()) names.emplace_back(layout.name);
  return names;
}

std::vector<TokenId> build_chat_prompt(const Tokenizer& tokenizer, const ChatFormat& format,
                                       std::span<const ChatMessage> messages) {
  PromptWriter writer(tokenizer, format.layout->markers);
  if (format.add_bos) writer.token(tokenizer.special().bos);
  Conversation(*format.layout, writer, messages).write();
  return writer.finish();
}

}  // namespace curlew::model
