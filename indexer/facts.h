// What ranking needs to know of a file, kept from one keystroke to the next: its symbols with the
// words of their signatures, and the words of its text.
//
// Facts are immutable. The cache is thread-safe; it gives facts of the content that the store (or an
// open buffer) has now, so a changed file is looked at again.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "indexer/path_memo.h"
#include "indexer/view.h"

namespace curlew::indexer {

// Which symbols code in another file cannot name.
enum class Visibility : std::uint8_t { kEverywhere, kPackage, kFile };

struct SymbolFacts {
  SymbolRow row;
  std::uint32_t name = 0;                // name_hash of the name
  std::uint32_t owner = 0;               // of the container's last part; 0 for none
  std::vector<std::uint32_t> pieces;     // of the name's pieces, see split_identifier
  std::vector<std::uint32_t> signature;  // of the words of its signature, keywords left out
  // How many files used the name when the facts were gathered: 0 for none, 1 for very many.
  float popularity = 0;
  Visibility visibility = Visibility::kEverywhere;
};

struct FileFacts {
  std::string path;
  const Language* language = nullptr;
  std::vector<SymbolFacts> symbols;  // as the store gives them
  WordSet words;                     // of the whole text
  std::vector<std::string> imports;  // as written
  // name_hash of the file's name without extensions and marks of tests (bare_stem), and of its pieces
  std::uint32_t stem = 0;
  std::vector<std::uint32_t> stem_pieces;
  struct Base {
    std::uint32_t type, base;  // by name_hash
  };
  std::vector<Base> bases;  // what its types inherit from
};
using FileFactsPtr = std::shared_ptr<const FileFacts>;

class FactsCache {
 public:
  static constexpr std::size_t kSymbolsMax = 400'000;  // of all files together

  // Null when the file is neither indexed nor open.
  Expected<FileFactsPtr> get(View& view, const std::string& path);
  PathMemo& paths() { return paths_; }

 private:
  struct Entry {
    std::string path;
    std::uint64_t hash = 0;                 // of the content, for a file of the store
    std::weak_ptr<const std::string> text;  // for an open buffer
    FileFactsPtr facts;
  };
  FileFactsPtr find(const std::string& path, std::uint64_t hash,
                    const std::shared_ptr<const std::string>& text);
  void keep(Entry entry);

  PathMemo paths_;
  std::mutex mutex_;          // guards what follows
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
  std::size_t symbols_ = 0;
};

// "geo/shape_test.cpp" -> "shape": what a test, its tested file, a header and its source share.
std::string_view bare_stem(std::string_view path);
// name_hash of the pieces of a name that are longer than a letter.
std::vector<std::uint32_t> piece_hashes(std::string_view name);
// The last part of "ns::Class" or "module.Class".
std::string_view last_part(std::string_view container);

}  // namespace curlew::indexer
