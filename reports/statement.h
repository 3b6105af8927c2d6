// A prepared statement of SQLite.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fulmar {

// The database's last error, with its path. io_error.
std::unexpected<Error> database_error(sqlite3* database);
Result<void> execute(sqlite3* database, const char* sql);
// Statements between BEGIN and COMMIT; all of them or, on an error, none.
Result<void> in_transaction(sqlite3* database, const std::function<Result<void>()>& statements);

class Statement {
 public:
  // row() returns errors from here too, for example a missing table.
  Statement(sqlite3* database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The parameters, in order.
  Statement& bind(std::int64_t value);
  Statement& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(bool value) { return bind(std::int64_t{value}); }
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
  Statement& bind(const char* value) { return bind(std::string_view(value)); }
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  Statement& bind_null();

  // Whether there is another row.
  Result<bool> row();
  // For statements without rows; then it can be bound again.
  Result<void> done();
  // The columns of the row, from 0; NULL is 0 or empty.
  bool is_null(int column);
  std::int64_t integer(int column);
  std::uint64_t number(int column) { return static_cast<std::uint64_t>(integer(column)); }
  double real(int column);
  std::string text(int column);

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
};

}  // namespace fulmar
