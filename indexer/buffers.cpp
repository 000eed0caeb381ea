#include "indexer/buffers.h"

#include <algorithm>

#include "indexer/texts.h"

namespace curlew::indexer {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t line_count(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

// Adds the rows of what was parsed.
void fill_rows(Document& document) {
  const std::string& path = document.path;
  const std::string_view all = *document.text;
  for (const Symbol& symbol : document.parsed.symbols)
    document.symbols.push_back(symbol_row(path, all, symbol));
  for (const Chunk& chunk : document.parsed.chunks) {
    const Range& range = chunk.range;
    document.chunk_terms.push_back(
        search_terms(all.substr(range.start_byte, range.end_byte - range.start_byte)));
    document.chunks.push_back(
        {.path = path,
         .start_byte = range.start_byte,
         .end_byte = range.end_byte,
         .start_line = range.start_line,
         .end_line = line_after(range),
         .terms = static_cast<std::uint32_t>(document.chunk_terms.back().size()),
         .name = chunk.name});
  }
}

}  // namespace

// The raw bytes from the start of the definition that, squeezed, are its signature.
std::uint32_t signature_bytes(std::string_view text, const Symbol& symbol) {
  const std::string_view body =
      text.substr(symbol.range.start_byte, symbol.range.end_byte - symbol.range.start_byte);
  std::size_t i = 0, j = 0;
  while (j < symbol.signature.size() && i < body.size()) {
    if (body[i] == symbol.signature[j]) {
      ++i, ++j;
    } else if (is_blank(body[i])) {
      ++i;
    } else if (symbol.signature[j] == ' ') {
      ++j;
    } else {
      break;  // not a plain squeeze of the text: take its first line
    }
  }
  if (j == symbol.signature.size()) return static_cast<std::uint32_t>(i);
  return static_cast<std::uint32_t>(std::min(body.find('\n'), body.size()));
}

SymbolRow symbol_row(const std::string& path, std::string_view text, const Symbol& symbol) {
  return {.path = path,
          .name = symbol.name,
          .container = symbol.container,
          .kind = symbol.kind,
          .is_definition = symbol.is_definition,
          .start_byte = symbol.range.start_byte,
          .end_byte = symbol.range.end_byte,
          .start_line = symbol.range.start_line,
          .end_line = symbol.range.end_line,
          .name_byte = symbol.name_range.start_byte,
          .name_line = symbol.name_range.start_line,
          .signature_bytes = signature_bytes(text, symbol)};
}

struct Buffers::Buffer {
  std::mutex mutex;                         // guards what follows; held while parsing
  std::shared_ptr<const std::string> text;  // what is open now
  DocumentPtr parsed;                       // of `text` or of an earlier one; null before the first
};

Buffers::Buffers() : parser_(std::make_unique<Parser>()) {}
Buffers::~Buffers() = default;

void Buffers::set(const std::string& path, std::shared_ptr<const std::string> text) {
  // A new Buffer, so that nobody who types waits for a parse under way; the old document is kept
  // for documents_nearly.
  auto next = std::make_shared<Buffer>();
  next->text = std::move(text);
  std::lock_guard lock(mutex_);
  std::shared_ptr<Buffer>& place = buffers_[path];
  if (place) {
    if (std::unique_lock old(place->mutex, std::try_to_lock); old) next->parsed = place->parsed;
  }
  place = std::move(next);
}

void Buffers::close(const std::string& path) {
  std::lock_guard lock(mutex_);
  buffers_.erase(path);
}

bool Buffers::holds(const std::string& path) const {
  std::lock_guard lock(mutex_);
  return buffers_.contains(path);
}

std::vector<std::string> Buffers::paths() const {
  std::vector<std::string> paths;
  std::lock_guard lock(mutex_);
  for (const auto& [path, buffer] : buffers_) paths.push_back(path);
  return paths;
}

DocumentPtr Buffers::parse(const std::string& path, std::shared_ptr<const std::string> text) {
  const Language* language = language_of(path, std::string_view(*text).substr(0, 256));
  Document document{.path = path, .text = std::move(text)};
  if (language) {
    std::lock_guard lock(parser_mutex_);
    document.parsed = parser_->parse(*language, *document.text, document.scopes);
  }
  fill_rows(document);
  return std::make_shared<const Document>(std::move(document));
}

DocumentPtr Buffers::ready(const std::string& path, Buffer& buffer) {
  std::lock_guard lock(buffer.mutex);
  if (!buffer.parsed || buffer.parsed->text != buffer.text)
    buffer.parsed = parse(path, buffer.text);
  return buffer.parsed;
}

DocumentPtr Buffers::document(const std::string& path) {
  std::shared_ptr<Buffer> buffer;
  {
    std::lock_guard lock(mutex_);
    auto found = buffers_.find(path);
    if (found == buffers_.end()) return nullptr;
    buffer = found->second;
  }
  return ready(path, *buffer);
}

std::vector<DocumentPtr> Buffers::documents() {
  return documents_nearly("", "");
}

std::vector<DocumentPtr> Buffers::documents_nearly(const std::string& path, std::string_view text) {
  std::vector<std::pair<std::string, std::shared_ptr<Buffer>>> open;
  {
    std::lock_guard lock(mutex_);
    open.assign(buffers_.begin(), buffers_.end());
  }
  std::vector<DocumentPtr> documents;
  for (auto& [name, buffer] : open) {
    if (name == path) {
      std::lock_guard lock(buffer->mutex);
      if (buffer->parsed && line_count(*buffer->parsed->text) == line_count(text)) {
        documents.push_back(buffer->parsed);
        continue;
      }
    }
    documents.push_back(ready(name, *buffer));
  }
  return documents;
}

}  // namespace curlew::indexer
