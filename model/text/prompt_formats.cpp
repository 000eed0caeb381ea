#include "model/text/prompt_formats.h"

#include <filesystem>

namespace curlew::model {
namespace {

// The last name of the path, also where it ends with a slash.
std::string own_name(const std::string& path_text) {
  const std::filesystem::path path(path_text);
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

bool is_auto(const std::string& name) {
  return name.empty() || name == "auto";
}

}  // namespace

PromptFormats choose_prompt_formats(const ModelFile& file, const Tokenizer& tokenizer,
                                    const PromptFormatNames& names) {
  // A key of another type is as good as none: these only choose, and say what they looked at.
  const std::string_view architecture = file.string("general.architecture", "").value_or("");
  const std::string_view model_name = file.string("general.name", "").value_or("");
  const std::string_view chat_template = file.string("tokenizer.chat_template", "").value_or("");
  const std::string file_name = own_name(file.name());
  return {.fim = is_auto(names.fim)
                     ? choose_fim_format(tokenizer, architecture, model_name, file_name)
                     : fim_format_named(names.fim, tokenizer),
          .next_edit = is_auto(names.next_edit)
                           ? choose_next_edit_format(tokenizer, architecture, model_name, file_name)
                           : next_edit_format_named(names.next_edit, tokenizer),
          .chat = is_auto(names.chat) ? choose_chat_format(tokenizer, chat_template, architecture,
                                                           model_name, file_name)
                                      : chat_format_named(names.chat, tokenizer)};
}

}  // namespace curlew::model
