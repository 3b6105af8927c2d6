#include "runtime/base/bytes.h"

#include <cstring>
#include <new>

#include "runtime/base/assert.h"
#include "runtime/base/copied_bytes.h"

namespace fulmar {

namespace {
thread_local std::int64_t live_blocks = 0;
thread_local std::uint64_t copied = 0;
}  // namespace

std::int64_t live_byte_blocks() noexcept {
  return live_blocks;
}

std::uint64_t copied_bytes() noexcept {
  return copied;
}

namespace detail {

ByteBlock* ByteBlock::allocate(std::size_t capacity) {
  void* memory = ::operator new(sizeof(ByteBlock) + capacity);
  ++live_blocks;
  return new (memory) ByteBlock{1, capacity};
}

void ByteBlock::release() noexcept {
  if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  --live_blocks;
  this->~ByteBlock();
  ::operator delete(static_cast<void*>(this));
}

}  // namespace detail

Bytes Bytes::copy_of(std::string_view text) {
  if (text.empty()) return {};
  MutableBytes copy(text.size());
  std::memcpy(copy.data(), text.data(), text.size());
  copied += text.size();
  return std::move(copy).freeze();
}

Bytes Bytes::slice(std::size_t from, std::size_t count) const {
  FULMAR_ASSERT(from <= size_ && count <= size_ - from);
  if (block_) block_->acquire();
  return Bytes(block_, data_ + from, count);
}

MutableBytes::MutableBytes(std::size_t size) : block_(detail::ByteBlock::allocate(size)), size_(size) {}

Bytes MutableBytes::share(std::size_t from, std::size_t count) const {
  FULMAR_ASSERT(from <= size_ && count <= size_ - from);
  if (!block_) return {};
  block_->acquire();
  return Bytes(block_, block_->data() + from, count);
}

Bytes MutableBytes::freeze(std::size_t size) && {
  FULMAR_ASSERT(size <= size_);
  size_ = 0;
  if (!block_) return {};
  auto* block = std::exchange(block_, nullptr);
  return Bytes(block, block->data(), size);
}

void ByteChain::append(ByteChain chain) {
  for (auto& part : chain.parts_) append(std::move(part));
}

Bytes ByteChain::flatten() const {
  if (parts_.empty()) return {};
  if (parts_.size() == 1) return parts_.front();
  MutableBytes whole(size_);
  std::size_t at = 0;
  for (const auto& part : parts_) {
    std::memcpy(whole.data() + at, part.data(), part.size());
    at += part.size();
  }
  copied += size_;
  return std::move(whole).freeze();
}

}  // namespace fulmar
