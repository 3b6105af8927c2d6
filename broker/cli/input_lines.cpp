#include "broker/cli/input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fulmar {

Answer<InputLines::State> InputLines::read_some() {
  if (ended_) return State::ended;
  pollfd waiting{fd_, POLLIN, 0};
  if (poll(&waiting, 1, 0) == 0) return State::nothing_yet;
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  auto have = buffer_.size();
  buffer_.resize(have + piece_bytes);
  auto got = ::read(fd_, buffer_.data() + have, piece_bytes);
  int error = errno;
  buffer_.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && (error == EINTR || error == EAGAIN)) return State::nothing_yet;
  if (got < 0) return refuse(ErrorCode::none, std::string("input: ") + std::strerror(error));
  ended_ = got == 0;
  return ended_ ? State::ended : State::read;
}

Answer<std::optional<std::string_view>> InputLines::next() {
  auto end = buffer_.find('\n', searched_);
  bool found = end != std::string::npos;
  if (!found) end = searched_ = buffer_.size();
  if (end - begin_ > line_bytes_max)
    return fail(Errc::too_large,
                "line " + std::to_string(number_ + 1) + " is longer than " + std::to_string(line_bytes_max) + " bytes");
  if (!found && (!ended_ || end == begin_)) return std::nullopt;
  auto line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = searched_ = found ? end + 1 : end;
  ++number_;
  return line;
}

}  // namespace fulmar
