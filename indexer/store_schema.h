// The tables of the index, as docs/formats/index.md describes them. A change here is a new
// kFormatVersion: files of other versions are rebuilt, not migrated (a build takes seconds).
#pragma once

#include <cstdint>

namespace curlew::indexer {

constexpr int kFormatVersion = 6;
constexpr int kApplicationId = 0x4375726c;  // "Curl", in the file's header

// A segment of less text than this lies in its row: no file, no waiting for the disk.
constexpr std::uint64_t kYoungTextBytes = 1u << 20;

// `place`, `stem_key` and `folder_key` are tree << 32 | hash of the path, of its name without
// extension, of its folder's name: a number takes a sixth of what the text takes in an index.
constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', random() & 0xffffffffffff);

CREATE TABLE trees(
  id INTEGER PRIMARY KEY AUTOINCREMENT, root BLOB NOT NULL UNIQUE,
  filled INTEGER NOT NULL DEFAULT 0);

CREATE TABLE segments(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  identity INTEGER NOT NULL, bytes INTEGER NOT NULL, text_bytes INTEGER NOT NULL,
  content BLOB);

CREATE TABLE files(
  id INTEGER PRIMARY KEY,
  tree INTEGER NOT NULL, path BLOB NOT NULL,
  place INTEGER NOT NULL, stem_key INTEGER NOT NULL, folder_key INTEGER NOT NULL,
  language TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, hash INTEGER NOT NULL, skip INTEGER NOT NULL,
  segment INTEGER NOT NULL, document INTEGER NOT NULL);
CREATE INDEX files_by_place ON files(place);
CREATE INDEX files_by_stem ON files(stem_key);
CREATE INDEX files_by_folder ON files(folder_key);
CREATE INDEX files_by_document ON files(segment, document);

CREATE TABLE superseded(
  segment INTEGER NOT NULL, document INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (segment, document)) WITHOUT ROWID;

CREATE TABLE damaged(segment INTEGER PRIMARY KEY);
)sql";

}  // namespace curlew::indexer
