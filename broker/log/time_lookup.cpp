// Lookups by time (ListOffsets, KIP-33 and KIP-734). The largest timestamps in batches and indexes are only bounds: the
// record with it may be deleted, may not be committed yet, or may not exist in batches that older versions wrote. So a
// batch that may contain the answer is read, and if it does not, the search continues.
#include <algorithm>
#include <utility>

#include "broker/log/partition_log.h"
#include "broker/protocol/record_body.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

// Calls `visit` with the records of one batch in [from, up_to), in their order, until it returns false. Decompresses
// the batch in pieces, and lets other fibers run in between.
Result<void> visit_records(Segment& segment, const BatchHeader& header, std::uint64_t position, Offset from,
                           Offset up_to, const std::function<bool(const OffsetAndTimestamp&)>& visit) {
  FULMAR_TRY(Bytes batch, segment.read_batch(header, position));
  const RecordBody::DidWork did_work = work_in_slices;
  RecordBody body(header.codec(), batch.view().substr(batch_header_size), decompressed_batch_bytes_max, &did_work);
  for (std::int32_t i = 0; i < header.record_count && !body.failed(); ++i) {
    auto size = body.varint();
    auto begin = body.position();
    body.byte();  // attributes
    auto elapsed = body.varlong();
    auto offset = header.base_offset + body.varint();
    auto read = body.position() - begin;
    Timestamp timestamp = header.max_timestamp;
    bool right = size >= 0 && static_cast<std::uint64_t>(size) >= read &&
                 (header.log_append_time() || !__builtin_add_overflow(header.base_timestamp, elapsed, &timestamp));
    if (body.failed() || !right) break;
    if (offset >= from && offset < up_to && !visit({offset, timestamp})) return {};
    if (offset >= up_to || i + 1 == header.record_count) return {};
    body.skip(static_cast<std::uint64_t>(size) - read);
  }
  if (header.record_count == 0) return {};
  return fail(Errc::corrupt,
              segment.path(".log") + ": the records of the batch at " + std::to_string(position) + " can't be read");
}

// Calls `visit` with the batches near and after `start` that may have records in [from, up_to).
Result<void> visit_batches(Segment& segment, Offset start, Offset from, Offset up_to,
                           const std::function<Result<bool>(const BatchHeader&, std::uint64_t)>& visit) {
  Result<void> failed;
  FULMAR_TRY_VOID(segment.scan(start, [&](const BatchHeader& header, std::uint64_t position) {
    if (header.base_offset >= up_to) return false;
    if (header.control() || header.last_offset() < from) return true;
    auto go_on = visit(header, position);
    if (!go_on) failed = std::unexpected(go_on.error());
    return go_on && *go_on;
  }));
  return failed;
}

Result<std::optional<OffsetAndTimestamp>> first_at(Segment& segment, Timestamp ts, Offset from, Offset up_to) {
  std::optional<OffsetAndTimestamp> found;
  auto start = std::max(from, segment.base_offset() + segment.time_index().offset_before(ts));
  FULMAR_TRY_VOID(visit_batches(segment, start, from, up_to, [&](const auto& header, auto position) -> Result<bool> {
    if (header.max_timestamp < ts) return true;
    FULMAR_TRY_VOID(visit_records(segment, header, position, from, up_to, [&](const OffsetAndTimestamp& record) {
      if (record.timestamp >= ts) found = record;
      return !found;
    }));
    return !found;
  }));
  return found;
}

// Replaces `known` by the segment's record in [from, up_to) with the largest timestamp, if that is larger, or the same
// at a lower offset. Reads one batch; if no record of it in that range has the batch's largest timestamp, also all
// batches whose largest timestamps are not below what was found.
Result<void> raise_to_largest(Segment& segment, Offset from, Offset up_to, std::optional<OffsetAndTimestamp>& known) {
  auto beats = [&](Timestamp timestamp, Offset offset) {
    if (!known) return timestamp >= 0;
    return timestamp > known->timestamp || (timestamp == known->timestamp && offset < known->offset);
  };
  std::optional<BatchHeader> likely;
  std::uint64_t likely_position = 0;
  auto look = [&](Offset start, bool at_one) {
    return visit_batches(segment, start, from, up_to, [&](const auto& header, auto position) -> Result<bool> {
      if (header.last_offset() < start) return true;
      if (beats(header.max_timestamp, header.base_offset) &&
          (!likely || header.max_timestamp > likely->max_timestamp)) {
        likely = header;
        likely_position = position;
      }
      return !at_one;
    });
  };
  // If the whole segment is in range, the batch with its largest timestamp is known; it may have no records.
  if (segment.base_offset() >= from && segment.next_offset() <= up_to)
    FULMAR_TRY_VOID(look(segment.max_timestamp_offset(), true));
  if (!likely || likely->max_timestamp != segment.max_timestamp()) FULMAR_TRY_VOID(look(from, false));
  if (!likely) return {};
  auto raise = [&](const OffsetAndTimestamp& record) {
    if (beats(record.timestamp, record.offset)) known = record;
    return true;
  };
  FULMAR_TRY_VOID(visit_records(segment, *likely, likely_position, from, up_to, raise));
  if (known && known->timestamp == likely->max_timestamp) return {};
  return visit_batches(segment, from, from, up_to, [&](const auto& header, auto position) -> Result<bool> {
    if (position == likely_position || !beats(header.max_timestamp, header.base_offset)) return true;
    FULMAR_TRY_VOID(visit_records(segment, header, position, from, up_to, raise));
    return true;
  });
}

}  // namespace

// Both use the segments as of the call, so appends and retention do not wait for them.

Result<std::optional<OffsetAndTimestamp>> PartitionLog::offset_for_timestamp(Timestamp ts, Offset up_to) const {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  const auto segments = segments_;
  for (const auto& segment : segments) {
    if (segment->max_timestamp() < ts || segment->next_offset() <= log_start_) continue;
    if (segment->base_offset() >= up_to) break;
    FULMAR_TRY(auto found, first_at(*segment, ts, log_start_, up_to));
    if (found) return found;
  }
  return std::nullopt;
}

Result<std::optional<OffsetAndTimestamp>> PartitionLog::max_timestamp(Offset up_to) const {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  std::vector<std::shared_ptr<Segment>> segments;
  for (const auto& segment : segments_)
    if (segment->next_offset() > log_start_ && segment->base_offset() < up_to) segments.push_back(segment);
  std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) {
    return std::pair(b->max_timestamp(), a->base_offset()) < std::pair(a->max_timestamp(), b->base_offset());
  });
  std::optional<OffsetAndTimestamp> found;
  for (const auto& segment : segments) {
    if (segment->max_timestamp() < (found ? found->timestamp : 0)) break;
    FULMAR_TRY_VOID(raise_to_largest(*segment, log_start_, up_to, found));
  }
  return found;
}

}  // namespace fulmar
