#include "broker/log/segment.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "broker/log/checked_file.h"
#include "broker/protocol/work.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

std::string segment_file_name(Offset base_offset, std::string_view suffix) {
  auto digits = std::to_string(base_offset);
  return std::string(20 - digits.size(), '0') + digits + std::string(suffix);
}

std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix) {
  if (name.size() != 20 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  Offset offset = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + 20, offset);
  if (error != std::errc() || end != name.data() + 20 || offset < 0) return std::nullopt;
  return offset;
}

Segment::Segment(Disk& disk, std::string directory, Offset base_offset)
    : disk_(disk), directory_(std::move(directory)), base_offset_(base_offset), next_offset_(base_offset) {}

Result<void> Segment::open(bool create, Instant now, std::string_view suffix) {
  FULMAR_TRY(file_, disk_.open(path(suffix), create ? OpenMode::open_or_create : OpenMode::read_write));
  opened_ = now;
  if (create && file_->size() > 0) FULMAR_TRY_VOID(file_->truncate(0));
  auto attribute = file_->attribute();
  if (!attribute && attribute.error().code != Errc::unsupported) return std::unexpected(attribute.error());
  if (attribute) mark_ = SyncedMark::decode(*attribute);
  if (create && mark_) FULMAR_TRY_VOID(set_mark({}));  // the mark of an earlier file of this name, which was removed
  return {};
}

Result<void> Segment::set_mark(const SyncedMark& mark) {
  FULMAR_TRY_VOID(file_->set_attribute(mark.encode()));
  mark_ = mark;
  return {};
}

bool Segment::offset_fits(Offset last_offset) const {
  return last_offset - base_offset_ <= std::numeric_limits<std::int32_t>::max();
}

void Segment::account(const BatchHeader& header, std::uint64_t position, std::int32_t index_interval_bytes) {
  if (position == 0) first_timestamp_ = std::max<Timestamp>(header.max_timestamp, -1);
  if (header.max_timestamp > max_timestamp_) {
    max_timestamp_ = header.max_timestamp;
    max_timestamp_offset_ = header.last_offset();
  }
  // An entry has the last offset and the position of a batch: a search for a later offset starts at this batch, and a
  // search for an offset within the batch at the entry before.
  if (bytes_since_index_entry_ > index_interval_bytes) {
    offsets_.add(static_cast<std::int32_t>(header.last_offset() - base_offset_), static_cast<std::int32_t>(position));
    times_.add(max_timestamp_, static_cast<std::int32_t>(max_timestamp_offset_ - base_offset_));
    bytes_since_index_entry_ = 0;
  }
  bytes_since_index_entry_ += static_cast<std::int64_t>(header.size());
  next_offset_ = header.next_offset();
  last_epoch_ = header.leader_epoch;
  size_ = position + header.size();
}

void Segment::forget() {
  index_files_current = false;
  size_ = 0;
  next_offset_ = base_offset_;
  last_epoch_ = -1;
  max_timestamp_ = max_timestamp_offset_ = first_timestamp_ = -1;
  bytes_since_index_entry_ = 0;
  offsets_.clear();
  times_.clear();
  aborted_.clear();
  aborted_known_ = true;
  damage_.clear();
}

Result<void> Segment::append(const BatchHeader& header, const ByteChain& batch, std::int32_t index_interval_bytes,
                             Instant now) {
  FULMAR_ASSERT(header.base_offset >= next_offset_ && batch.size() == header.size());
  FULMAR_TRY_VOID(file_->write_at(size_, batch));
  account(header, size_, index_interval_bytes);
  last_append_ = now;
  index_files_current = false;
  needs_sync = true;
  return {};
}

Result<void> Segment::scan(Offset from, const std::function<bool(const BatchHeader&, std::uint64_t)>& visit) {
  auto relative =
      static_cast<std::int32_t>(std::clamp<Offset>(from - base_offset_, 0, std::numeric_limits<std::int32_t>::max()));
  std::uint64_t position = static_cast<std::uint64_t>(offsets_.position_before(relative));
  while (position < size_) {
    if (const auto* damaged = damage_at(position)) {
      if (damaged->end == position) break;
      position = damaged->end;
      continue;
    }
    auto limit = good_until(position);
    FULMAR_TRY(Bytes chunk, read_exactly(*file_, position, std::min<std::uint64_t>(scan_bytes, limit - position)));
    std::size_t at = 0;
    while (at + batch_header_size <= chunk.size()) {
      FULMAR_TRY(auto header, read_batch_header(chunk.view().substr(at)));
      if (position + at + header.size() > limit) return fail(Errc::corrupt, path(".log") + ": a batch crosses the end");
      if (!visit(header, position + at)) return {};
      work_in_slices(batch_header_work);
      at += header.size();
      if (at > chunk.size()) break;
    }
    if (at == 0) return fail(Errc::corrupt, path(".log") + ": less than a header is left");
    position += at;
  }
  return {};
}

Result<Bytes> Segment::read_batch(const BatchHeader& header, std::uint64_t position) {
  FULMAR_TRY(Bytes batch, read_exactly(*file_, position, header.size()));
  work_in_slices(checksum_work(batch.size()));
  if (!batch_crc_matches(batch.view()))
    return fail(Errc::corrupt, path(".log") + ": wrong CRC at " + std::to_string(position));
  return batch;
}

Result<Bytes> Segment::read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) {
  if (from >= next_offset_ || from >= up_to) return Bytes();
  auto relative = static_cast<std::int32_t>(std::max<Offset>(0, from - base_offset_));
  std::uint64_t position = static_cast<std::uint64_t>(offsets_.position_before(relative));
  for (const auto& damaged : damage_) {
    if (damaged.from <= from && from < damaged.to)
      return fail(Errc::corrupt, path(".log") + ": offsets " + std::to_string(damaged.from) + " to " +
                                     std::to_string(damaged.to - 1) + " are damaged");
    if (damaged.to <= from) position = std::max(position, damaged.end);
  }
  const auto limit = good_until(position);
  // One read covers the batches before the requested one (up to an index interval) and those that are requested; only
  // after a very large batch another read is needed.
  constexpr std::size_t slack = 16 * 1024;
  for (;;) {
    auto count = std::min<std::uint64_t>(max_bytes + slack, limit - position);
    count = std::min<std::uint64_t>(std::max<std::uint64_t>(count, batch_header_size), limit - position);
    FULMAR_TRY(Bytes chunk, read_exactly(*file_, position, count));
    std::size_t at = 0;
    std::size_t begin = 0;
    bool found = false;
    while (at + batch_header_size <= chunk.size()) {
      FULMAR_TRY(auto header, read_batch_header(chunk.view().substr(at)));
      // Otherwise a damaged header could pass for a batch of other offsets, and the reader would wait forever.
      if (header.base_offset < base_offset_ || header.last_offset_delta < 0 || header.last_offset() >= next_offset_)
        return fail(Errc::corrupt, path(".log") + ": a batch of other offsets at " + std::to_string(position + at));
      if (!found) {
        if (header.last_offset() < from) {
          at += header.size();
          continue;
        }
        if (header.last_offset() >= up_to) return Bytes();
        found = true;
        begin = at;
        if (header.size() > max_bytes && !at_least_one) return Bytes();
        if (position + begin + header.size() > limit)
          return fail(Errc::corrupt, path(".log") + ": a batch crosses the end");
        if (begin + header.size() > chunk.size()) return read_exactly(*file_, position + begin, header.size());
        at += header.size();
        continue;
      }
      if (header.last_offset() >= up_to || at + header.size() > chunk.size() || at + header.size() - begin > max_bytes)
        break;
      at += header.size();
    }
    if (found) return chunk.slice(begin, at - begin);
    if (at == 0) return fail(Errc::corrupt, path(".log") + ": no whole header at " + std::to_string(position));
    position += at;
    if (position >= limit) return fail(Errc::corrupt, path(".log") + ": no batch has offset " + std::to_string(from));
  }
}

Result<std::uint64_t> Segment::rebuild(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept) {
  forget();
  return rebuild_on(verify_crc, index_interval_bytes, accept);
}

Result<std::uint64_t> Segment::rebuild_on(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept) {
  auto end = file_->size();
  auto position = size_;
  while (position < end) {
    if (end - position < batch_header_size) return position;
    FULMAR_TRY(Bytes head, read_exactly(*file_, position, batch_header_size));
    auto header = read_batch_header(head.view());
    bool plausible = header && header->magic == batch_magic && header->last_offset_delta >= 0 &&
                     header->record_count >= 0 && header->size() <= end - position &&
                     offset_fits(header->last_offset());
    if (!plausible) return position;
    FULMAR_TRY(bool next, follows(*header, next_offset_, position, end));
    if (!next) return position;
    if (verify_crc) {
      FULMAR_TRY(Bytes batch, read_exactly(*file_, position, header->size()));
      work_in_slices(checksum_work(batch.size()));
      if (!batch_crc_matches(batch.view())) return position;
    }
    if (accept && !accept(*header)) return position;
    account(*header, position, index_interval_bytes);
    if (header->control()) aborted_known_ = false;
    position = size_;
    work_in_slices(batch_header_work);
  }
  return position;
}

Result<std::string> Segment::load_indexes(std::int32_t index_interval_bytes) {
  forget();
  auto end = file_->size();
  auto offsets = read_checked_file(disk_, path(".index"), std::size_t{1} << 30);
  if (!offsets || offsets->integrity == Integrity::damaged ||
      !offsets_.decode(offsets->content.view(), static_cast<std::int64_t>(end)))
    return path(".index");
  auto times = read_checked_file(disk_, path(".timeindex"), std::size_t{1} << 30);
  if (!times || times->integrity == Integrity::damaged || !times_.decode(times->content.view()))
    return path(".timeindex");
  // The batches from the last index entry on are read and their CRCs checked, since a damaged header may contain any
  // timestamp and offset.
  std::uint64_t position = offsets_.size() == 0 ? 0 : static_cast<std::uint64_t>(offsets_.entries().back().position);
  if (!times_.entries().empty()) {
    max_timestamp_ = times_.entries().back().timestamp;
    max_timestamp_offset_ = base_offset_ + times_.entries().back().relative_offset;
  }
  size_ = end;
  if (position > 0) {
    FULMAR_TRY(Bytes head, read_exactly(*file_, 0, batch_header_size));
    FULMAR_TRY(auto first, read_batch_header(head.view()));
    first_timestamp_ = std::max<Timestamp>(first.max_timestamp, -1);
  }
  bool skip_first = position > 0;
  bool fits = true;
  auto scanned = scan(std::numeric_limits<Offset>::max(), [&](const BatchHeader& header, std::uint64_t at) {
    if (header.base_offset < base_offset_ || (!skip_first && header.base_offset < next_offset_) ||
        !read_batch(header, at)) {
      fits = false;
      return false;
    }
    if (skip_first) {
      skip_first = false;
      bytes_since_index_entry_ = static_cast<std::int64_t>(header.size());
      next_offset_ = header.next_offset();
      last_epoch_ = header.leader_epoch;
      if (header.max_timestamp > max_timestamp_) {
        max_timestamp_ = header.max_timestamp;
        max_timestamp_offset_ = header.last_offset();
      }
      return true;
    }
    account(header, at, index_interval_bytes);
    return true;
  });
  size_ = end;
  index_files_current = scanned.has_value() && fits;
  return index_files_current ? std::string() : path(".index");
}

bool Segment::load_aborted() {
  aborted_known_ = true;
  if (!may_have_markers()) return true;
  auto file = read_checked_file(disk_, path(".txnindex"), std::size_t{1} << 30);
  aborted_known_ = file && file->integrity != Integrity::damaged &&
                   aborted_.decode(file->content.view(), base_offset_, next_offset_);
  index_files_current = index_files_current && aborted_known_;
  return aborted_known_;
}

Result<void> Segment::rewrite_from(Offset offset) {
  if (offset >= next_offset_) return {};
  FULMAR_TRY(auto modified, modified_ms());
  auto position = size_;
  FULMAR_TRY_VOID(scan(offset, [&](const BatchHeader& header, std::uint64_t at) {
    if (header.last_offset() < offset) return true;
    position = at;
    return false;
  }));
  constexpr std::uint64_t piece_max = 1 << 20;
  for (; position < size_; position += std::min(piece_max, size_ - position)) {
    FULMAR_TRY(Bytes piece, read_exactly(*file_, position, std::min(piece_max, size_ - position)));
    FULMAR_TRY_VOID(file_->write_at(position, ByteChain(std::move(piece))));
  }
  FULMAR_TRY_VOID(file_->set_modified_ms(modified));
  needs_sync = true;
  return {};
}

Result<void> Segment::truncate(std::uint64_t position, Offset next, std::int32_t index_interval_bytes) {
  FULMAR_ASSERT(position <= file_->size() && next >= base_offset_);
  FULMAR_TRY_VOID(file_->truncate(position));
  needs_sync = true;
  const bool aborted_known = aborted_known_;
  auto aborted = std::move(aborted_);
  FULMAR_TRY(auto end, rebuild(false, index_interval_bytes, nullptr));
  FULMAR_ASSERT(end == position && next_offset_ <= next);
  // The aborted transactions before the cut stay known.
  aborted.truncate_from(next_offset_);
  aborted_ = std::move(aborted);
  aborted_known_ = aborted_known;
  return empty() ? remove_indexes() : Result<void>();
}

Result<void> Segment::remove_indexes() {
  for (std::string_view suffix : {".index", ".timeindex", ".txnindex"}) {
    if (suffix == ".txnindex" && !in_log_with_markers()) continue;
    auto removed = disk_.remove(path(suffix));
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return {};
}

}  // namespace fulmar
