#include "indexer/sqlite.h"

namespace curlew::indexer {
namespace {

// Long enough for the largest batch another process may be committing.
constexpr int kLockWaitMs = 10'000;

Errc kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::kCorrupt;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::kIo;
    default:
      return Errc::kInternal;
  }
}

std::string_view words_for(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "no space left for the index";
    case SQLITE_READONLY:
      return "the index cannot be written";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds the index";
    default:
      return "";
  }
}

}  // namespace

int SqlValue::bind(sqlite3_stmt* statement, int place) const {
  if (type_ == Type::kInteger) return sqlite3_bind_int64(statement, place, integer_);
  const char* data = text_.data() ? text_.data() : "";  // a null pointer would bind NULL
  const int bytes = static_cast<int>(text_.size());
  return type_ == Type::kText ? sqlite3_bind_text(statement, place, data, bytes, SQLITE_STATIC)
                              : sqlite3_bind_blob(statement, place, data, bytes, SQLITE_STATIC);
}

std::string_view SqlRow::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Expected<Database> Database::open(const std::string& name, Mode mode) {
  const int access =
      mode == Mode::kWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);  // owns the handle even when opening failed
  if (code != SQLITE_OK) return database.failure(code).value().during(name);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kLockWaitMs);
  return database;
}

tl::unexpected<Error> Database::failure(int code) const {
  const char* detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  const std::string_view words = words_for(code);
  if (words.empty()) return fail(kind_of(code), "{}", detail);
  return fail(kind_of(code), "{} ({})", words, detail);
}

Expected<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  if (auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  statements_.emplace(sql, statement);  // the key is a literal: callers pass no temporaries
  return statement;
}

Status Database::script(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Status Database::run(std::string_view sql, Args args) {
  return query(sql, args, [](const SqlRow&) { return Next::kMore; });
}

Status Database::query(std::string_view sql, Args args, const RowCallback& row) {
  Expected<sqlite3_stmt*> statement = prepared(sql);
  if (!statement) return std::move(statement.error()).pass();
  int place = 0;
  for (const SqlValue& value : args) {
    if (const int code = value.bind(*statement, ++place); code != SQLITE_OK) return failure(code);
  }
  int code;
  while ((code = sqlite3_step(*statement)) == SQLITE_ROW) {
    if (row(SqlRow(*statement)) == Next::kEnough) break;
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    tl::unexpected<Error> error = failure(code);  // before reset, which clears the message
    sqlite3_reset(*statement);
    return error;
  }
  sqlite3_reset(*statement);
  return {};
}

Expected<std::int64_t> Database::integer(std::string_view sql, Args args, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  Status status = query(sql, args, [&](const SqlRow& row) {
    value = row.integer(0);
    return Next::kEnough;
  });
  if (!status) return std::move(status.error()).pass();
  return value;
}

Expected<std::string> Database::text(std::string_view sql, Args args) {
  std::string value;
  Status status = query(sql, args, [&](const SqlRow& row) {
    value = row.text(0);
    return Next::kEnough;
  });
  if (!status) return std::move(status.error()).pass();
  return value;
}

}  // namespace curlew::indexer
