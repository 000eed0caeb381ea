// The table of fill-in-the-middle families: one row a layout. Private to model/text.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "model/text/fim.h"

namespace curlew::model {

// A row applies when the vocabulary's fill-in-the-middle tokens are spelled as in the row and every
// condition that the row sets holds.
struct FimFamily {
  std::string_view name;
  std::string_view prefix, suffix, middle;  // middle "": the family has none
  std::string_view repo_name, file_sep;     // "": none
  FimOrder order = FimOrder::kPsm;
  ContextStyle context = ContextStyle::kNone;

  // Conditions; "" for none. One of the first two suffices where both are given.
  std::string_view name_part;     // in the model's or the file's name or the pre-tokenizer
  std::string_view architecture;  // how the architecture's name begins
  std::string_view pre;           // the pre-tokenizer
  std::string_view also;          // a token the vocabulary must have
  bool by_name_only = false;      // another layout of a family; only when configuration asks for it

  enum class Bos { kAsVocabulary, kAlways } bos = Bos::kAsVocabulary;
  bool repo_line = true, path_behind_prefix = false;  // see FimFormat
  bool begins_text = true, ends_by_itself = true;
  std::initializer_list<std::string_view> stop_strings = {};
};

// The first row that applies decides, so the order counts.
std::span<const FimFamily> fim_families();

}  // namespace curlew::model
