// The tables of the index, as docs/formats/index.md describes them. A change here is a new
// kFormatVersion: files of other versions are rebuilt, not migrated (a build takes seconds).
#pragma once

namespace curlew::indexer {

constexpr int kFormatVersion = 1;
constexpr int kApplicationId = 0x4375726c;  // "Curl", in the file's header

constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('next_chunk', 1);

CREATE TABLE files(
  id INTEGER PRIMARY KEY,
  path BLOB NOT NULL UNIQUE,
  stem BLOB NOT NULL, folder BLOB NOT NULL,
  language TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, hash INTEGER NOT NULL, skip INTEGER NOT NULL,
  symbols INTEGER NOT NULL,
  first_chunk INTEGER NOT NULL, chunks INTEGER NOT NULL,
  refs INTEGER NOT NULL);
CREATE INDEX files_by_stem ON files(stem);
CREATE INDEX files_by_folder ON files(folder);

CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL, hash INTEGER NOT NULL);
CREATE INDEX names_by_hash ON names(hash);

CREATE TABLE symbols(file INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE definers(
  name INTEGER NOT NULL, file INTEGER NOT NULL,
  PRIMARY KEY (name, file)) WITHOUT ROWID;

CREATE TABLE refs(
  file INTEGER NOT NULL, name INTEGER NOT NULL, places BLOB NOT NULL,
  PRIMARY KEY (file, name)) WITHOUT ROWID;
CREATE INDEX refs_by_name ON refs(name);

CREATE TABLE imports(
  file INTEGER NOT NULL, place INTEGER NOT NULL, name INTEGER NOT NULL,
  PRIMARY KEY (file, place)) WITHOUT ROWID;

CREATE TABLE chunks(
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL, name INTEGER NOT NULL,
  start_byte INTEGER NOT NULL, bytes INTEGER NOT NULL,
  start_line INTEGER NOT NULL, lines INTEGER NOT NULL,
  terms INTEGER NOT NULL);
CREATE VIRTUAL TABLE chunk_terms USING fts5(
  terms, content='', detail=none, columnsize=0, tokenize='ascii');
)sql";

}  // namespace curlew::indexer
