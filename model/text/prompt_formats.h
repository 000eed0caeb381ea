// Every prompt format of one model file: what it was trained on, or why it has none.
#pragma once

#include <string>

#include "model/files/model_file.h"
#include "model/text/chat.h"
#include "model/text/fim.h"
#include "model/text/next_edit.h"
#include "model/text/tokenizer.h"

namespace curlew::model {

// A family's name, "none" to turn it off, or "auto": by the file.
struct PromptFormatNames {
  std::string fim = "auto", next_edit = "auto", chat = "auto";
};

// Each error says what was looked for; kInvalidInput where configuration named no family that is
// known, kUnsupported where there is none to use.
struct PromptFormats {
  Expected<FimFormat> fim;
  Expected<NextEditFormat> next_edit;
  Expected<ChatFormat> chat;
};

// `tokenizer` is load_tokenizer(file)'s.
PromptFormats choose_prompt_formats(const ModelFile& file, const Tokenizer& tokenizer,
                                    const PromptFormatNames& names = {});

}  // namespace curlew::model
