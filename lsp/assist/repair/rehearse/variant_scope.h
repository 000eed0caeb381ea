// Where the names that a C text declares can be seen. A compiler of C complains once per function of a name that is
// not: of changes that use it all but the first would take a build each to be found. Pure; immutable.
#pragma once

#include <tree_sitter/api.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace curlew::assist {

class DeclaredNames {
 public:
  DeclaredNames() = default;
  DeclaredNames(TSNode root, std::string_view text);

  // The text declares it, but not where code at `offset` could use it.
  bool is_out_of_sight(std::string_view name, std::size_t offset) const;
  bool declares(std::string_view name) const { return names_.find(name) != names_.end(); }

 private:
  struct Sight {
    std::size_t start = 0, end = 0;
  };
  void add(TSNode declaration, std::string_view text);

  std::map<std::string, std::vector<Sight>, std::less<>> names_;
};

}  // namespace curlew::assist
