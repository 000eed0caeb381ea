// A function, type or member that a declaration introduces, and which words elsewhere stand for it.
// Private to lsp/assist/next_edit.
#pragma once

#include <string>
#include <string_view>

#include "lsp/assist/next_edit/names.h"

namespace curlew::assist {

struct Entity {
  const CodeView* home = nullptr;  // the text it is declared in
  std::size_t declaration = 0;     // its name's token there
  std::string_view name;           // that uses have: the old one after a rename
  std::string owner;               // the class of a member
  Reach reach = Reach::kFile;
};
Entity entity_at(const CodeView& view, std::size_t declaration, std::string_view name);

// Whether a word of any file, no declaration, stands for it: surely, by its receiver and by what is
// declared around it. A member behind a receiver of unknown type does not.
bool stands_for(const Entity& entity, const CodeView& view, std::size_t idx);

// Whether a file can mean it by its bare name: in languages that import by name, one that does.
bool is_known_in(const Entity& entity, const CodeView& view);

}  // namespace curlew::assist
