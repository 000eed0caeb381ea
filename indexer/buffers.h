// Open documents. Their text shadows the file of the same path in every query.
//
// Thread-safe. set() only stores the shared text; a Document is parsed on the first query after a
// change, once per content, by whichever reader comes first.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "indexer/source/parse.h"
#include "indexer/source/scopes.h"
#include "indexer/store.h"
#include "indexer/words.h"

namespace curlew::indexer {

// A parsed text with its rows in the form in which the store gives them. Immutable.
struct Document {
  std::string path;
  std::shared_ptr<const std::string> text;
  ParsedFile parsed;  // language is null for a text of none of ours: it has no rows
  FileScopes scopes;  // points into `text`
  std::vector<SymbolRow> symbols;
  std::vector<ChunkRow> chunks;
  std::vector<std::vector<std::string>> chunk_terms;  // one a chunk, sorted
};
using DocumentPtr = std::shared_ptr<const Document>;

class Buffers {
 public:
  Buffers();
  ~Buffers();

  void set(const std::string& path, std::shared_ptr<const std::string> text);
  void close(const std::string& path);

  bool holds(const std::string& path) const;
  std::vector<std::string> paths() const;  // of what is open
  // Up to date; null when the path is not open.
  DocumentPtr document(const std::string& path);
  // Up to date, by path.
  std::vector<DocumentPtr> documents();
  // As documents(), but the named one may be some edits old, as long as it has been parsed once and
  // has as many lines: a keystroke within a line costs no parse.
  std::vector<DocumentPtr> documents_nearly(const std::string& path, std::string_view text);
  // A document of a text that is not (or no longer) open under this path.
  DocumentPtr parse(const std::string& path, std::shared_ptr<const std::string> text);

 private:
  struct Buffer;
  DocumentPtr ready(const std::string& path, Buffer& buffer);

  mutable std::mutex mutex_;  // guards buffers_, not what they point to
  std::map<std::string, std::shared_ptr<Buffer>> buffers_;
  std::mutex parser_mutex_;  // guards parser_
  std::unique_ptr<Parser> parser_;
};

// Rows of a parsed file, as the store would give them.
std::uint32_t signature_bytes(std::string_view text, const Symbol& symbol);
SymbolRow symbol_row(const std::string& path, std::string_view text, const Symbol& symbol);

}  // namespace curlew::indexer
