#include "reports/file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace fulmar {

namespace {

std::unexpected<Error> failure(const std::string& path) {
  return fail(Errc::io_error, path + ": " + std::strerror(errno));
}

Result<void> write(const std::string& path, const std::string& text, std::ios::openmode mode) {
  std::ofstream file(path, mode);
  if (!file || !(file << text).flush()) return failure(path);
  return {};
}

}  // namespace

Result<void> check_writable(const std::string& path) {
  std::error_code ignored;
  bool was_there = std::filesystem::exists(path, ignored);
  if (!std::ofstream(path, std::ios::app)) return failure(path);
  if (!was_there) std::filesystem::remove(std::filesystem::canonical(path, ignored), ignored);
  return {};
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return write(path, text, std::ios::out);
  auto target = std::filesystem::exists(status) ? std::filesystem::canonical(path, error).string() : path;
  auto unfinished = target + ".unfinished";
  if (auto written = write(unfinished, text, std::ios::out); !written) {
    std::filesystem::remove(unfinished, error);
    return written;
  }
  std::filesystem::rename(unfinished, target, error);
  if (error) return fail(Errc::io_error, path + ": " + error.message());
  return {};
}

Result<void> append_file(const std::string& path, const std::string& text) {
  return write(path, text, std::ios::app);
}

}  // namespace fulmar
