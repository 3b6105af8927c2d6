#include "broker/net/frame_reader.h"

#include <algorithm>
#include <cstring>

#include "broker/protocol/endian.h"

namespace fulmar {

namespace {

constexpr std::size_t read_buffer_bytes = 16 * 1024;  // small frames come several to a read
constexpr std::int32_t header_bytes_min = 8;

}  // namespace

FrameReader::FrameReader(Connection& connection, Clock& clock, Limits limits)
    : connection_(connection), clock_(clock), limits_(limits), buffer_(read_buffer_bytes) {}

Result<std::size_t> FrameReader::next_size() {
  auto idle = clock_.deadline_in(limits_.idle_max);
  while (have() < 4) {
    FULMAR_TRY(auto more, fill(have() == 0 ? idle : clock_.deadline_in(limits_.byte_max)));
    if (more) continue;
    if (have() == 0) return std::size_t{0};
    return fail(Errc::closed, "the stream ends within a request");
  }
  auto size = load_big<std::int32_t>(buffer_.data() + from_);
  from_ += 4;
  if (size < header_bytes_min || size > limits_.size_max)
    return fail(Errc::invalid_argument, "a request of " + std::to_string(size) + " bytes");
  return static_cast<std::size_t>(size);
}

Result<Bytes> FrameReader::body(std::size_t size) {
  MutableBytes frame(size);
  auto at = std::min(size, have());
  std::memcpy(frame.data(), buffer_.data() + from_, at);
  from_ += at;
  while (at < size) {
    FULMAR_TRY(auto read, connection_.read(frame.span(at), clock_.deadline_in(limits_.byte_max)));
    if (read == 0) return fail(Errc::closed, "the stream ends within a request");
    at += read;
  }
  return std::move(frame).freeze();
}

Result<bool> FrameReader::fill(Deadline deadline) {
  std::memmove(buffer_.data(), buffer_.data() + from_, have());
  to_ -= from_;
  from_ = 0;
  FULMAR_TRY(auto read, connection_.read(buffer_.span(to_), deadline));
  to_ += read;
  return read > 0;
}

}  // namespace fulmar
