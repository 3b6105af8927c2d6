// Damage in a segment: finding it, skipping it, and finding the next good batch.
#include <algorithm>

#include "broker/log/segment.h"
#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

const DamagedStretch* Segment::damage_at(std::uint64_t position) const {
  for (const auto& damaged : damage_)
    if (damaged.position <= position && (position < damaged.end || damaged.position == position)) return &damaged;
  return nullptr;
}

std::uint64_t Segment::good_until(std::uint64_t position) const {
  for (const auto& damaged : damage_)
    if (damaged.position >= position && damaged.end > damaged.position) return damaged.position;
  return size_;
}

// Whether there is a whole batch of this segment with the right CRC at `position`.
Result<bool> Segment::good_at(std::uint64_t position, std::uint64_t end, BatchHeader& header) {
  if (end - position < batch_header_size) return false;
  FULMAR_TRY(Bytes head, read_exactly(*file_, position, batch_header_size));
  auto read = read_batch_header(head.view());
  bool plausible = read && read->magic == batch_magic && read->base_offset >= base_offset_ &&
                   read->last_offset_delta >= 0 && read->record_count >= 0 && read->size() <= end - position &&
                   offset_fits(read->last_offset());
  if (!plausible) return false;
  FULMAR_TRY(Bytes batch, read_exactly(*file_, position, read->size()));
  header = *read;
  return batch_crc_matches(batch.view());
}

// Whether the batch may follow one that ended at `expected`. The CRC does not cover the base offset: if a batch seems
// to follow a hole, but the next batch is good and begins before this one would end, its base offset is damaged.
Result<bool> Segment::follows(const BatchHeader& header, Offset expected, std::uint64_t position, std::uint64_t end) {
  if (header.base_offset == expected) return true;
  if (header.base_offset < expected || header.base_offset > holes_below_) return false;
  auto after = position + header.size();
  BatchHeader witness;
  FULMAR_TRY(bool good, after < end ? good_at(after, end, witness) : Result<bool>(false));
  return !good || witness.base_offset >= header.next_offset();
}

Result<std::optional<std::pair<BatchHeader, std::uint64_t>>> Segment::next_good(std::uint64_t position,
                                                                                std::uint64_t end, Offset offset_min,
                                                                                Offset offset_max,
                                                                                const Accept& accept) {
  constexpr std::uint64_t chunk_size = 64 * 1024;
  constexpr std::size_t magic_at = 16;
  auto fits = [&](const BatchHeader& header) {
    return header.base_offset >= offset_min && header.next_offset() <= offset_max && (!accept || accept(header));
  };
  BatchHeader header;
  // Most likely the damaged batch's length is still right, and the next batch follows it.
  if (end - position >= batch_header_size) {
    FULMAR_TRY(Bytes head, read_exactly(*file_, position, batch_header_size));
    auto damaged = read_batch_header(head.view());
    if (damaged && damaged->size() < end - position) {
      FULMAR_TRY(bool good, good_at(position + damaged->size(), end, header));
      if (good && fits(header)) return std::pair{header, position + damaged->size()};
    }
  }
  for (++position; position < end && end - position >= batch_header_size;) {
    FULMAR_TRY(Bytes chunk, read_exactly(*file_, position, std::min(chunk_size, end - position)));
    if (chunk.size() < batch_header_size) break;
    std::size_t at = 0;
    for (; at + batch_header_size <= chunk.size(); ++at) {
      if (chunk.data()[at + magic_at] != batch_magic) continue;
      auto offset = load_big<Offset>(chunk.data() + at);
      if (offset < offset_min || offset >= offset_max) continue;
      FULMAR_TRY(bool good, good_at(position + at, end, header));
      if (good && fits(header)) return std::pair{header, position + at};
    }
    position += at;
  }
  return std::nullopt;
}

Result<std::optional<std::uint64_t>> Segment::pass_damage(Offset offset_max, std::int32_t index_interval_bytes,
                                                          const Accept& accept) {
  FULMAR_TRY(auto next, next_good(size_, file_->size(), next_offset_, offset_max, accept));
  if (!next) return std::nullopt;
  auto [header, position] = *next;
  damage_.push_back({next_offset_, header.base_offset, size_, position});
  next_offset_ = header.base_offset;
  size_ = position;
  FULMAR_TRY(auto stopped, rebuild_on(true, index_interval_bytes, accept));
  return stopped;
}

Result<std::optional<BatchHeader>> Segment::damaged_header() {
  if (file_->size() - size_ < batch_header_size) return std::nullopt;
  FULMAR_TRY(Bytes head, read_exactly(*file_, size_, batch_header_size));
  auto header = read_batch_header(head.view());
  return header ? std::optional(*header) : std::nullopt;
}

void Segment::note_damage_up_to(Offset to) {
  FULMAR_ASSERT(to > next_offset_);
  damage_.push_back({next_offset_, to, size_, file_->size()});
  next_offset_ = to;
  size_ = file_->size();
}

Result<std::optional<DamagedStretch>> Segment::find_damage(Offset from) {
  for (const auto& known : damage_)
    if (known.from <= from && from < known.to) return known;
  // Start from a good batch before it, which shows where the next one has to begin.
  std::uint64_t position = 0;
  auto expected = base_offset_;
  auto entries = offsets_.entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (base_offset_ + entry->relative_offset >= from) continue;
    BatchHeader header;
    auto at = static_cast<std::uint64_t>(entry->position);
    FULMAR_TRY(bool good, good_at(at, size_, header));
    if (!good || header.last_offset() != base_offset_ + entry->relative_offset) continue;
    position = at;
    expected = header.base_offset;
    break;
  }
  while (position < size_) {
    if (const auto* known = damage_at(position)) {
      if (known->to > from) return *known;
      if (known->end == position) break;
      position = known->end;
      expected = known->to;
      continue;
    }
    BatchHeader header;
    FULMAR_TRY(bool good, good_at(position, size_, header));
    bool fits = false;
    if (good) {
      FULMAR_TRY(fits, follows(header, expected, position, size_));
    }
    if (fits && header.next_offset() <= next_offset_) {
      position += header.size();
      expected = header.next_offset();
      continue;
    }
    FULMAR_TRY(auto next, next_good(position, good_until(position), expected, next_offset_, nullptr));
    DamagedStretch found{expected, next ? next->first.base_offset : next_offset_, position,
                         next ? next->second : good_until(position)};
    if (!next)  // it extends to the next known damage, or to the end
      for (const auto& known : damage_)
        if (known.position >= found.end) {
          found.to = known.from;
          break;
        }
    damage_.insert(std::lower_bound(damage_.begin(), damage_.end(), found,
                                    [](const auto& a, const auto& b) { return a.position < b.position; }),
                   found);
    return found;
  }
  return std::nullopt;
}

}  // namespace fulmar
