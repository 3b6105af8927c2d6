#include "broker/net/frame_assembler.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::size_t size_bytes = 4;
constexpr std::int32_t tls_handshake = 0x1603;  // what a TLS client begins with
constexpr std::size_t capacity_min = 4 * 1024;
constexpr std::size_t growth = 4;  // memory is at most so many times the bytes that have arrived

bool is_small(std::size_t size) {
  return size <= static_cast<std::size_t>(MemoryBudget::small_max);
}

}  // namespace

std::optional<Instant> FrameAssembler::deadline() const {
  if (!begun()) return std::nullopt;
  auto arrived = static_cast<std::int64_t>(frame_filled_);
  return begun_at_ + frame_grace + milliseconds(arrived * 1000 / frame_bytes_per_second_min);
}

FrameAssembler::Step FrameAssembler::needs_memory(std::int64_t bytes, bool small) {
  short_of_memory_since_ = clock_.now();
  return {.kind = Kind::needs_memory, .bytes = bytes, .small = small};
}

void FrameAssembler::charge_to(MemoryBudget& budget, bool waits) {
  FULMAR_ASSERT(frame_size_ == 0);
  waits_for_memory_ = waits;
  if (budget_ == &budget) return;
  const auto kept = charge_.bytes();
  charge_ = {};
  budget_ = &budget;
  if (kept > 0) budget_->charge_at_once(charge_, kept);
}

// Reads available bytes without waiting: 0 for none; sets `end` at the end of the stream.
Result<std::size_t> FrameAssembler::read(std::span<char> into, bool& end) {
  auto got = connection_.read(into, Deadline{clock_.now()});
  if (!got && got.error().code == Errc::timed_out) return std::size_t{0};
  if (!got) return got;
  end = *got == 0;
  return got;
}

// The buffer has the beginning of a frame, but not all of it.
void FrameAssembler::begin_frame() {
  frame_size_ = static_cast<std::size_t>(load_big<std::int32_t>(buffer_.data()));
  buffer_ = buffer_.slice(size_bytes);
  frame_filled_ = 0;
  granted_to_ = 0;
  begun_at_ = clock_.now();
}

Result<FrameAssembler::Step> FrameAssembler::next() {
  // The time that the peer waited for this broker's memory does not count.
  if (short_of_memory_since_) begun_at_ = begun_at_ + (clock_.now() - *short_of_memory_since_);
  short_of_memory_since_.reset();
  for (;;) {
    if (auto until = deadline(); until && clock_.now() >= *until)
      return fail(Errc::timed_out, "a request that did not arrive in time");
    if (frame_size_ > 0) {
      if (frame_filled_ == frame_size_) {
        Step step{.kind = Kind::frame, .frame = std::move(frame_).freeze(frame_size_), .charge = std::move(charge_)};
        frame_ = MutableBytes();
        frame_size_ = frame_filled_ = granted_to_ = 0;
        return step;
      }
      auto arrived = frame_filled_ + buffer_.size();
      if (arrived >= frame_.size()) {
        auto capacity = std::min(frame_size_, std::max(capacity_min, growth * std::max<std::size_t>(arrived, 1)));
        if (granted_to_ < capacity) {
          // The bytes in the buffer are charged already, and move into the frame.
          auto more = static_cast<std::int64_t>(capacity) - charge_.bytes();
          if (more > 0 && !budget_->try_charge(charge_, more, is_small(frame_size_))) {
            if (waits_for_memory_) return needs_memory(more, is_small(frame_size_));
            return fail(Errc::no_resources, "others hold the memory for such requests");
          }
          granted_to_ = capacity;
        }
        MutableBytes larger(capacity);
        if (frame_filled_ > 0) std::memcpy(larger.data(), frame_.data(), frame_filled_);
        frame_ = std::move(larger);
      }
      if (!buffer_.empty()) {
        std::memcpy(frame_.data() + frame_filled_, buffer_.data(), buffer_.size());
        frame_filled_ += buffer_.size();
        buffer_ = Bytes();
        continue;
      }
      bool end = false;
      FULMAR_TRY(auto got, read(frame_.span(frame_filled_), end));
      if (end) return fail(Errc::closed, "the stream ends within a request");
      if (got == 0) return Step{.kind = Kind::needs_bytes};
      frame_filled_ += got;
      continue;
    }
    if (buffer_.size() >= size_bytes) {
      auto size = load_big<std::int32_t>(buffer_.data());
      if (size < size_min_ || size > size_max_)
        return fail(Errc::invalid_argument, (size >> 16) == tls_handshake
                                                ? "it speaks TLS, which this listener does not"
                                                : "a request of " + std::to_string(size) + " bytes");
      auto whole = size_bytes + static_cast<std::size_t>(size);
      if (buffer_.size() < whole) {
        begin_frame();
        continue;
      }
      Step step{.kind = Kind::frame, .frame = buffer_.slice(size_bytes, static_cast<std::size_t>(size))};
      step.charge = charge_.split(std::min(charge_.bytes(), static_cast<std::int64_t>(whole)));
      buffer_ = buffer_.size() == whole ? Bytes() : buffer_.slice(whole);
      if (buffer_.empty()) charge_ = {};
      begun_at_ = clock_.now();
      return step;
    }
    // Received bytes are charged whether there is room or not, so they are read only while there is some.
    if (waits_for_memory_ && charge_.bytes() == 0 && budget_->available(true) <= 0) return needs_memory(1, true);
    auto kept = buffer_.size();
    if (kept > 0) std::memcpy(scratch_.data(), buffer_.data(), kept);
    bool end = false;
    FULMAR_TRY(auto got, read(scratch_.span(kept), end));
    if (end && kept > 0) return fail(Errc::closed, "the stream ends within a request");
    if (end) return Step{.kind = Kind::end};
    if (got == 0 && kept == 0) charge_ = {};
    if (got == 0) return Step{.kind = Kind::needs_bytes};
    if (kept == 0) begun_at_ = clock_.now();
    buffer_ = Bytes::copy_of({scratch_.data(), kept + got});
    budget_->charge_at_once(charge_, static_cast<std::int64_t>(got));
  }
}

}  // namespace fulmar
