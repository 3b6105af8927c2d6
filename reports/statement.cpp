#include "reports/statement.h"

#include <sqlite3.h>

namespace fulmar {

std::unexpected<Error> database_error(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, nullptr);
  return fail(Errc::io_error, std::string(path ? path : "") + ": " + sqlite3_errmsg(database));
}

Result<void> execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return database_error(database);
  return {};
}

Result<void> in_transaction(sqlite3* database, const std::function<Result<void>()>& statements) {
  FULMAR_TRY_VOID(execute(database, "BEGIN IMMEDIATE"));
  auto done = statements();
  if (done) done = execute(database, "COMMIT");
  // The failed statement may have ended the transaction already.
  if (!done) sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(statement_, next_++, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_, next_++);
  return *this;
}

Result<bool> Statement::row() {
  auto status = statement_ ? sqlite3_step(statement_) : SQLITE_ERROR;
  if (status != SQLITE_ROW && status != SQLITE_DONE) return database_error(database_);
  return status == SQLITE_ROW;
}

Result<void> Statement::done() {
  FULMAR_TRY_VOID(row());
  sqlite3_reset(statement_);
  next_ = 1;
  return {};
}

bool Statement::is_null(int column) {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : "";
}

}  // namespace fulmar
