#include "campaign/running_hashes.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "runtime/base/assert.h"

namespace fulmar {

RunningHashes::RunningHashes(std::uint64_t every, const std::vector<std::uint16_t>& hashes, const Moment& end)
    : every_(every), count_(hashes.size()), end_(end) {
  FULMAR_ASSERT(hashes.size() <= count_max);
  std::ranges::copy(hashes, hashes_.begin());
}

void RunningHashes::note(const Moment& moment) {
  end_ = moment;
  if (moment.events != count_ * every_) return;
  if (count_ == count_max) {
    keep_every_other();
    if (moment.events != count_ * every_) return;
  }
  hashes_[count_++] = static_cast<std::uint16_t>(moment.hash);
}

void RunningHashes::keep_every_other() {
  count_ = (count_ + 1) / 2;
  for (std::size_t i = 0; i < count_; ++i) hashes_[i] = hashes_[2 * i];
  every_ *= 2;
}

SharedHashes::SharedHashes() {
  void* memory = mmap(nullptr, sizeof(RunningHashes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  FULMAR_ASSERT(memory != MAP_FAILED);
  hashes_ = new (memory) RunningHashes;
}

SharedHashes::~SharedHashes() {
  munmap(hashes_, sizeof *hashes_);
}

std::optional<Parting> Parting::of(const RunningHashes& one, const RunningHashes& other) {
  auto every = std::max(one.every_, other.every_);
  auto hash_after = [](const RunningHashes& life, std::uint64_t events) -> std::optional<std::uint16_t> {
    auto index = events / life.every_;
    return index < life.count_ ? std::optional(life.hashes_[index]) : std::nullopt;
  };
  auto shorter = std::min(one.end_.events, other.end_.events);
  Parting parting;
  for (std::uint64_t events = 0; events <= shorter; events += every) {
    auto first = hash_after(one, events), second = hash_after(other, events);
    if (!first || !second) break;
    if (*first != *second) {
      parting.before = events;
      return parting;
    }
    parting.after = events;
  }
  if (one.end_.events == other.end_.events && one.end_.hash == other.end_.hash) return std::nullopt;
  parting.before = shorter + 1;
  return parting;
}

}  // namespace fulmar
