// RecordBody: reads the decompressed bytes of a batch's records from front to back, without holding all of them.
//
// As with Reader, after the first error every read returns zero, and error() has it. After each piece of about
// decompression_step_bytes it calls `did_work`, which may let other fibers run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/decompressor.h"
#include "runtime/base/time.h"

namespace fulmar {

class RecordBody {
 public:
  // Called after each piece is decompressed, with its approximate cost (broker/protocol/work.h). May wait; exceptions
  // pass through.
  using DidWork = std::function<void(Duration)>;
  // Called with each piece of decompressed bytes, in order, as it is read.
  using Sink = std::function<void(std::string_view)>;

  // `packed`, `did_work` and `sink` must outlive it; null: none. Errors, sooner or later: unsupported (the codec),
  // corrupt, too_large (more than `size_max` decompressed bytes).
  RecordBody(Compression codec, std::string_view packed, std::size_t size_max, const DidWork* did_work = nullptr,
             const Sink* sink = nullptr);

  std::uint64_t position() const { return before_ + static_cast<std::uint64_t>(at_ - begin_); }
  // Whether everything was read, with or without an error.
  bool at_end() { return at_ == end_ && !refill(); }
  bool failed() const { return error_.has_value(); }
  const std::optional<Error>& error() const { return error_; }

  std::uint8_t byte() {
    if (at_ == end_ && !more()) return 0;
    return static_cast<std::uint8_t>(*at_++);
  }
  std::int32_t varint() {  // zigzag, at most 5 bytes
    std::uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      auto next = byte();
      if (shift == 28 && next > 0x0f) break;
      value |= static_cast<std::uint32_t>(next & 0x7f) << shift;
      if (!(next & 0x80)) return static_cast<std::int32_t>(value >> 1) ^ -static_cast<std::int32_t>(value & 1);
    }
    fail_once({Errc::corrupt, "a varint is longer than 32 bits"});
    return 0;
  }
  std::int64_t varlong() {  // zigzag, at most 10 bytes
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      auto next = byte();
      if (shift == 63 && next > 0x01) break;
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if (!(next & 0x80)) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    fail_once({Errc::corrupt, "a varint is longer than 64 bits"});
    return 0;
  }
  void skip(std::uint64_t count) {
    while (count > static_cast<std::uint64_t>(end_ - at_)) {
      count -= static_cast<std::uint64_t>(end_ - at_);
      at_ = end_;
      if (!more()) return;
    }
    at_ += count;
  }

 private:
  bool refill();
  bool more();  // refill(), or an error
  void fail_once(Error error);

  std::string_view packed_;  // without a codec: what is to come
  std::size_t size_max_;
  const DidWork* did_work_;
  const Sink* sink_;
  std::unique_ptr<Decompressor> decompressor_;
  std::optional<Error> error_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t before_ = 0;  // the piece at hand
};

}  // namespace fulmar
