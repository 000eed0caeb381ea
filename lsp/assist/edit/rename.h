// "rename A to B", done without a model in some lines of a text.
//
// By tokens and by what names.h knows of scopes, without types: where something that cannot be told apart
// may go wrong it is refused, and what is left alone is said. docs/edits.md has what is followed.
// Stateless, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/edit/text_edit.h"

namespace curlew::assist {

struct Rename {
  std::string from, to;
};

// "rename A to B", with or without quotes. `to` may be anything that is one word.
std::optional<Rename> rename_asked_for(std::string_view instruction);

struct RenameEdit {
  std::vector<TextEdit> edits;
  std::vector<std::string> notes;  // what was left, and where: for people
  std::string
      used_outside;  // the same of uses outside the lines, which follow_up.h may find; or ""
};

// Every name `from` in bytes [start, end). kInvalidInput: there is none; `to` is no name in this language;
// something else is called so already where the name is used (the error says where).
Expected<RenameEdit> rename_in(const std::string& path, std::string_view text, std::size_t start,
                               std::size_t end, const Rename& rename);

}  // namespace curlew::assist
