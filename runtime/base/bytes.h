// Bytes: immutable slices of reference-counted memory, from socket to disk to socket without a copy.
//
//   MutableBytes  memory being filled, with one owner (what a read call fills)
//   Bytes         an immutable slice that keeps its memory alive; copying one copies a pointer and counts a reference
//   ByteChain     a list of slices, for scatter/gather writes: a response is headers and record batches in turn
//
// The reference count is atomic, so a slice may be handed to another shard; one object may not be used by two at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fulmar {

namespace detail {

struct ByteBlock {
  std::atomic<std::uint32_t> references;
  std::size_t capacity;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  static ByteBlock* allocate(std::size_t capacity);
  void acquire() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;
};

}  // namespace detail

// How many blocks of bytes are alive that this thread made, less those it freed. In the simulator, where a life is one
// thread, this must be back at its start when the life ends.
std::int64_t live_byte_blocks() noexcept;

class Bytes {
 public:
  Bytes() = default;
  // A copy of `text` in memory of its own.
  static Bytes copy_of(std::string_view text);
  // A slice of memory that outlives every use (a literal, a table): nothing is counted.
  static Bytes of_static(std::string_view text) { return Bytes(nullptr, text.data(), text.size()); }

  Bytes(const Bytes& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_) block_->acquire();
  }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Bytes() {
    if (block_) block_->release();
  }

  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }

  // The part [from, from + count), sharing the memory. Both must lie inside; asserted.
  Bytes slice(std::size_t from, std::size_t count) const;
  Bytes slice(std::size_t from) const { return slice(from, size_ - from); }

  friend bool operator==(const Bytes& a, const Bytes& b) { return a.view() == b.view(); }

 private:
  friend class MutableBytes;
  Bytes(detail::ByteBlock* block, const char* data, std::size_t size) : block_(block), data_(data), size_(size) {}

  detail::ByteBlock* block_ = nullptr;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

class MutableBytes {
 public:
  MutableBytes() = default;
  explicit MutableBytes(std::size_t size);  // uninitialised: fill before sharing
  MutableBytes(MutableBytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MutableBytes& operator=(MutableBytes&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MutableBytes() {
    if (block_) block_->release();
  }

  char* data() { return block_ ? block_->data() : nullptr; }
  std::size_t size() const { return size_; }
  std::span<char> span() { return {data(), size_}; }
  std::span<char> span(std::size_t from) { return span().subspan(from); }

  // A shared slice of what is filled so far, while the rest is still being filled. The bytes of the slice must not be
  // written any more.
  Bytes share(std::size_t from, std::size_t count) const;
  // Gives up ownership: the first `size` bytes, immutable from now on.
  Bytes freeze(std::size_t size) &&;
  Bytes freeze() && { return std::move(*this).freeze(size_); }

 private:
  detail::ByteBlock* block_ = nullptr;
  std::size_t size_ = 0;
};

class ByteChain {
 public:
  ByteChain() = default;
  explicit ByteChain(Bytes part) { append(std::move(part)); }

  void append(Bytes part) {
    if (part.empty()) return;
    size_ += part.size();
    parts_.push_back(std::move(part));
  }
  void append(ByteChain chain);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const Bytes> parts() const { return parts_; }
  // All parts in one piece: a copy, unless there is only one.
  Bytes flatten() const;

 private:
  std::vector<Bytes> parts_;
  std::size_t size_ = 0;
};

}  // namespace fulmar
