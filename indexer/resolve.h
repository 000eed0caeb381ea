// From a use of a name to its definition, in this file or another: what "go to definition" asks.
//
// By names and layout alone, no compiler is asked. The first rule that finds something decides, so
// an answer says how sure it is; `kName` means that nothing told the definers apart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/search.h"

namespace curlew::indexer {

enum class ResolvedBy : std::uint8_t {
  kScope,     // a local or parameter, or what the file's scopes lead to (source/scopes.h)
  kReceiver,  // a member of the type that the text before the dot has, or of the named container
  kFile,      // defined in this file
  kImport,    // in a file that this one imports, or that is this one's header or source
  kFolder,    // in a file of the same folder
  kReach,     // in a file that an import imports
  kUnique,    // in one file only
  kName,      // somewhere
};
std::string_view resolved_by_name(ResolvedBy by);  // "scope", "receiver", "import", ...

struct Resolved {
  SearchHit definition;
  ResolvedBy by = ResolvedBy::kName;
};

// Whether what one language defines can be meant in the other; of those that are no code, and null: always.
bool are_kin(const Language* a, const Language* b);

// Of any number of places in one file. Used by one thread; what it is given must outlive it.
class FileResolver {
 public:
  // `document` is of this text, or was some edits ago; null: scopes are not known.
  FileResolver(View& view, std::string path, std::string_view text, const Document* document);
  // As resolve().
  Expected<std::vector<Resolved>> at(std::size_t offset, int limit);

  // What the text says of the place of use, and which files it reaches.
  struct Surroundings {
    std::uint32_t receiver_type = 0;  // name_hash; 0 where the text does not say
    std::vector<std::string> imported, second, folder;
  };

 private:
  Status look_around_file(std::size_t offset);
  Expected<bool> is_outside(std::size_t name_start);
  enum class Written : std::uint8_t { kQuoted, kBare };
  Expected<std::vector<Resolved>> imported_files(std::size_t offset, Written written);
  Expected<std::vector<SearchHit>> definers(std::string_view name);

  View& view_;
  const std::string path_;
  const std::string_view text_;
  const Document* document_;
  const Language* language_;
  std::optional<Surroundings> around_;
  std::map<std::string, std::vector<SearchHit>, std::less<>> definers_;
};

// A local's definition has the kind "local" or "parameter"; the file that an import or include names is a hit of kind
// "file" at its beginning. Where `path` is an open document its
// scopes are known.
//
// Definitions of the word at `offset` of `text`, best first, all by the same rule; declarations come
// after definitions. Empty where no word stands or nothing defines it. kInvalidInput for an offset
// behind the text.
Expected<std::vector<Resolved>> resolve(View& view, const std::string& path, std::string_view text,
                                        std::size_t offset, int limit);

}  // namespace curlew::indexer
