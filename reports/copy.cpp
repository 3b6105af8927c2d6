#include "reports/copy.h"

#include <sqlite3.h>

#include <filesystem>
#include <memory>

namespace fulmar {

namespace {

// Of a file that is only read. If nobody writes to it, and nobody was killed while doing so, reading leaves no trace
// beside it either.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  std::error_code error;
  auto log_bytes = std::filesystem::file_size(path + "-wal", error);
  return uri + (error || log_bytes == 0 ? "?immutable=1" : "?mode=ro");
}

}  // namespace

Result<void> copy_database(const std::string& source, sqlite3* to) {
  sqlite3* opened = nullptr;
  auto status = sqlite3_open_v2(uri_of(source).c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> from(opened, sqlite3_close);
  if (status != SQLITE_OK) return fail(Errc::io_error, source + ": " + sqlite3_errmsg(from.get()));
  auto* backup = sqlite3_backup_init(to, "main", from.get(), "main");
  if (!backup) {
    const char* path = sqlite3_db_filename(to, nullptr);
    return fail(Errc::io_error, std::string(path ? path : "") + ": " + sqlite3_errmsg(to));
  }
  status = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (status == SQLITE_DONE) return {};
  return fail(Errc::io_error,
              source + ": " + (status == SQLITE_NOTADB ? "file is not a database" : sqlite3_errstr(status)));
}

}  // namespace fulmar
