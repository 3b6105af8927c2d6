// InputLines: reads the lines of a descriptor (a file, a pipe, a terminal) without blocking the reactor: it reads only
// when poll(2) says that there is input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/client/client_error.h"

namespace fulmar {

class InputLines {
 public:
  explicit InputLines(int fd) : fd_(fd) {}

  enum class State : unsigned char { read, nothing_yet, ended };
  // Reads available input, without waiting. Errors: the system's message, without a code.
  Answer<State> read_some();
  // The next line that was read, without its line end; the last line need not have one. nullopt: no complete line is
  // left. Valid until the next read_some(). Errors: MESSAGE_TOO_LARGE.
  Answer<std::optional<std::string_view>> next();
  // The number of the line that next() gave last, from 1.
  std::int64_t number() const { return number_; }

 private:
  static constexpr std::size_t piece_bytes = 256 << 10;
  static constexpr std::size_t line_bytes_max = 64 << 20;  // larger than any record that a broker takes

  int fd_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of what next() has not given
  std::size_t searched_ = 0;  // up to here there is no end of line
  std::int64_t number_ = 0;
  bool ended_ = false;
};

}  // namespace fulmar
