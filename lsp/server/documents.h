// Open documents: immutable snapshots, one per version.
//
// The editor owns the text of a document from didOpen to didClose; the file on the disk may differ
// or be gone. Every edit makes a new Snapshot; requests in flight keep the one they arrived with.
//
// An edit that cannot be right (a range on a line that does not exist) means that editor and server
// disagree about the text. Guessing would corrupt it silently, so the document is out of sync from
// then on: requests about it are refused, until the editor sends the whole text or opens it again.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lsp/protocol/positions.h"
#include "lsp/protocol/types.h"
#include "lsp/server/error_code.h"

namespace curlew::server {

class Workspace;

constexpr std::size_t kDocumentBytesMax = 128u << 20;

// Where a document lives. Decided when it is opened.
struct DocumentPlace {
  std::shared_ptr<Workspace> workspace;  // null outside every workspace folder
  std::string path;            // relative to the workspace; else the file's name; "" when unsaved
  std::filesystem::path file;  // "" when it is no file
};

// The text of a document at one version. Immutable and shared between threads; the index of its
// lines is made when first asked for.
class Snapshot {
 public:
  Snapshot(std::string uri, std::string language, int version,
           std::shared_ptr<const std::string> text, DocumentPlace place,
           protocol::PositionEncoding encoding)
      : uri_(std::move(uri)),
        language_(std::move(language)),
        version_(version),
        text_(std::move(text)),
        place_(std::move(place)),
        encoding_(encoding) {}

  const std::string& uri() const { return uri_; }
  const std::string& language() const { return language_; }  // LSP languageId
  int version() const { return version_; }
  const std::string& text() const { return *text_; }
  const std::shared_ptr<const std::string>& shared_text() const { return text_; }
  const DocumentPlace& place() const { return place_; }
  protocol::PositionEncoding encoding() const { return encoding_; }

  const protocol::LineIndex& lines() const;
  // kInvalidInput when the line does not exist.
  Expected<std::size_t> offset_at(protocol::Position position) const;
  protocol::Position position_at(std::size_t offset) const;

 private:
  const std::string uri_, language_;
  const int version_;
  const std::shared_ptr<const std::string> text_;
  const DocumentPlace place_;
  const protocol::PositionEncoding encoding_;
  mutable std::once_flag lines_made_;
  mutable std::unique_ptr<const protocol::LineIndex> lines_;
};

// Fails, with words for the user, when there is nothing to work on.
Expected<const Snapshot*> required(const std::shared_ptr<const Snapshot>& document);

// Thread-safe; only the reading thread changes it.
class Documents {
 public:
  void set_encoding(protocol::PositionEncoding encoding) { encoding_ = encoding; }
  protocol::PositionEncoding encoding() const { return encoding_; }

  // Errors are for the log: what the editor did wrong. open() always opens.
  Status open(const protocol::TextDocumentItem& item, DocumentPlace place);
  Status change(const protocol::DidChangeTextDocumentParams& params);
  Status close(const std::string& uri);
  void touch(const std::string& uri);  // the user looks at it

  // Null when it is not open or out of sync.
  std::shared_ptr<const Snapshot> find(const std::string& uri) const;
  bool is_out_of_sync(const std::string& uri) const;
  // The URI of a file: as its client spells it where it is open (clients differ over which characters
  // they escape), else as uri.h does.
  std::string uri_of(const std::filesystem::path& file) const;
  // Most recently edited or viewed first.
  std::vector<std::shared_ptr<const Snapshot>> recent(std::size_t count_max) const;

 private:
  struct Entry {
    std::shared_ptr<const Snapshot> snapshot;
    bool out_of_sync = false;
    std::list<std::string>::iterator recency;
  };
  void to_front(Entry& entry);  // mutex_ held

  protocol::PositionEncoding encoding_ = protocol::PositionEncoding::kUtf16;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // mutex_; by URI
  std::list<std::string> recency_;        // mutex_; URIs, most recent first
};

// The text after one change. Ranges count in `encoding`.
Expected<std::string> apply_change(const std::string& text,
                                   const protocol::TextDocumentContentChangeEvent& change,
                                   protocol::PositionEncoding encoding);

}  // namespace curlew::server
