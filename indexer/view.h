// What one query sees: the store's rows with the open buffers laid over them. The rule that a
// buffer shadows the file of its path lives here and nowhere else.
//
// Made per query, used by one thread. A row of the store whose file has changed on disk since it
// was indexed is checked against the text before it is believed.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "indexer/buffers.h"
#include "indexer/include_folders.h"
#include "indexer/store.h"
#include "indexer/texts.h"

namespace curlew::indexer {

// A chunk and what a query knows of it.
struct ChunkMatch {
  ChunkRow chunk;
  double score = 0;  // sum of the rarities of the terms it holds, against its length
};

class FactsCache;

class View {
 public:
  View(StoreReader& reader, TextCache& texts, std::vector<DocumentPtr> documents);
  // With facts that outlive the query; without, it makes its own where it needs them.
  View(StoreReader& reader, TextCache& texts, std::vector<DocumentPtr> documents, FactsCache& facts,
       IncludeTablePtr includes = nullptr);
  ~View();

  // The open document of the path, or null.
  const Document* document(std::string_view path) const;
  // As the editor, else the disk, has it; null when there is none.
  std::shared_ptr<const std::string> text(const std::string& path);
  // The same, not kept until the view ends: for going through very many files.
  std::shared_ptr<const std::string> text_once(const std::string& path) const {
    const Document* open = document(path);
    return open ? open->text : texts_.get(path).text;
  }

  // Definitions before declarations, then by path and place.
  // Of a name with very many definers, only those in `files_max` files, the preferred ones first.
  Expected<std::vector<SymbolRow>> symbols_named(std::string_view name, int files_max,
                                                 const StoreReader::PathTest& is_preferred = {});
  Expected<std::vector<SymbolRow>> symbols_of(std::string_view path);
  Expected<std::vector<ChunkRow>> chunks_of(std::string_view path);
  Expected<std::vector<std::string>> imports_of(std::string_view path);
  Expected<std::vector<BaseRow>> bases_of(std::string_view path);
  Expected<std::vector<BaseRow>> heirs_of(std::string_view base, int files_max);

  // Chunks that hold some of the terms (sorted, each once), best first. Only the `terms_max` rarest
  // terms count, and none that stands in more than `postings_max` chunks unless all do.
  Expected<std::vector<ChunkMatch>> chunks_like(const std::vector<std::string>& terms,
                                                int terms_max, int postings_max, int limit);

  // Whether the row is of the text as it now is; of a file that changed since, whether at least the
  // name still stands where the row says.
  Expected<bool> is_current(const SymbolRow& symbol);
  // The text of the rows' places; "" when it is gone.
  std::string signature(const SymbolRow& symbol);
  std::string_view text_of(const ChunkRow& chunk);  // valid as long as the view

  // Where the build looks for what the file includes; null where nothing says.
  const FolderList* include_folders(std::string_view path) const {
    return includes_ ? &includes_->folders_of(path) : nullptr;
  }

  const IncludeTablePtr& include_table() const { return includes_; }

  StoreReader& reader() { return reader_; }
  FactsCache& facts();
  const std::vector<DocumentPtr>& documents() const { return documents_; }

 private:
  struct Term {
    std::string_view text;
    std::vector<std::int64_t> chunks;  // of the store
    double rarity = 0;
  };
  bool open_documents_hold(std::string_view term) const;
  Expected<std::vector<Term>> look_up(const std::vector<std::string>& terms, int terms_max,
                                      int postings_max);

  StoreReader& reader_;
  TextCache& texts_;
  std::vector<DocumentPtr> documents_;  // by path
  Expected<bool> is_as_indexed(const std::string& path);

  FactsCache* facts_ = nullptr;
  IncludeTablePtr includes_;
  std::unique_ptr<FactsCache> own_facts_;
  std::unordered_map<std::string, DiskText> read_;  // in this query
  std::unordered_map<std::string, bool> as_indexed_;
};

}  // namespace curlew::indexer
