// A thin hold on SQLite: connections, cached prepared statements, result codes as Errors.
//
// One Database is used by one thread at a time; it can move between threads. Statements are
// prepared once per SQL text and kept until the connection closes. SQLITE_FULL, read-only files and
// missing rights become kIo; a damaged or foreign file becomes kCorrupt.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "indexer/error.h"

namespace curlew::indexer {

// An argument of a statement. Text is bound without a copy: it must outlive the call.
class SqlValue {
 public:
  SqlValue(std::int64_t value) : integer_(value) {}
  SqlValue(std::string_view value, bool blob = false)
      : text_(value), type_(blob ? Type::kBlob : Type::kText) {}
  SqlValue(const std::string& value) : SqlValue(std::string_view(value)) {}
  int bind(sqlite3_stmt* statement, int place) const;

 private:
  enum class Type : std::uint8_t { kInteger, kText, kBlob };
  std::int64_t integer_ = 0;
  std::string_view text_;
  Type type_ = Type::kInteger;
};

// The row a statement stands on; valid inside the callback only.
class SqlRow {
 public:
  explicit SqlRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint32_t u32(int column) const { return static_cast<std::uint32_t>(integer(column)); }
  std::string_view text(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  enum class Mode : std::uint8_t { kWrite, kRead };
  // What a row callback answers.
  enum class Next : std::uint8_t { kMore, kEnough };
  using Args = std::initializer_list<SqlValue>;
  using RowCallback = std::function<Next(const SqlRow&)>;

  // `name` is a path or a "file:" URI. kWrite creates the file; a lock is waited for 10 s.
  static Expected<Database> open(const std::string& name, Mode mode);

  Status script(const char* sql);  // any number of statements, no arguments
  Status run(std::string_view sql, Args args = {});
  Status query(std::string_view sql, Args args, const RowCallback& row);
  // First column of the first row; `otherwise` when there is none.
  Expected<std::int64_t> integer(std::string_view sql, Args args = {}, std::int64_t otherwise = 0);
  Expected<std::string> text(std::string_view sql, Args args = {});

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Expected<sqlite3_stmt*> prepared(std::string_view sql);
  tl::unexpected<Error> failure(int code) const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

}  // namespace curlew::indexer
