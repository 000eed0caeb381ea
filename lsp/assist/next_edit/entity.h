// A function, type or member that a declaration introduces, and which words stand for it.
// Private to lsp/assist/next_edit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// Which words of a text stand for an entity: surely, by the receiver and by what is declared around.
// A member behind a receiver of unknown type does not; nor, in languages that import by name, a bare
// name in a file that does not import it.
class Uses {
 public:
  Uses(const Entity& entity, const CodeView& view);

  // `idx`: a word spelt as the entity.
  bool contains(std::size_t idx) const;

 private:
  bool is_local(std::size_t idx) const;
  bool is_of_owner(std::size_t idx, NameRole role) const;

  const Entity& entity_;
  const CodeView& view_;
  std::vector<Scope> locals_;  // where the name is something local
  bool is_known_ = false;      // by its bare name
};

}  // namespace curlew::assist
