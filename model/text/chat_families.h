// The table of chat layouts. Private to model/text.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/text/chat.h"

namespace curlew::model {

// What stands around a message's text. Markers are spelled out.
struct ChatTurn {
  std::string_view before, after;
};

struct ChatLayout {
  std::string_view name;

  // One way to know the family: all of these are in the file's chat template, and all of `required`
  // in the vocabulary.
  std::vector<std::string_view> in_template;
  std::vector<std::string_view> required;
  // The other, for files without a template: `required`, all of these, and one of `in_names`. Never
  // by an empty `in_names`.
  std::vector<std::string_view> in_vocabulary;
  std::vector<std::string_view> in_names;
  std::string_view pre;  // the pre-tokenizer, for both ways; "" for any

  std::vector<std::string_view> markers;  // that occur in the texts below
  std::string_view opening;               // before the first turn
  ChatTurn system, user, assistant;
  std::string_view answer;  // opens the model's turn

  // Where a system's text goes: a turn of its own, or at the start of a user's turn, with
  // system.before and system.after around it.
  enum class System { kTurn, kFirstUser, kLastUser } system_place = System::kTurn;
  enum class Bos { kAsVocabulary, kAlways, kNever } bos = Bos::kAsVocabulary;
  std::vector<std::string_view> stop_strings;
};

// The first that applies decides, so the order counts.
std::span<const ChatLayout> chat_layouts();

}  // namespace curlew::model
