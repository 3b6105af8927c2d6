#include "broker/coordinator/machine_log.h"

#include "broker/protocol/record_validation.h"
#include "broker/protocol/work.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::size_t batch_bytes_max = std::size_t{1} << 30;
constexpr std::size_t read_bytes = 1 << 20;
constexpr Duration visit_work = microseconds(1);  // to decode a record, and to find its place in a state machine

Errc kind_of(ErrorCode refused) {
  switch (refused) {
    case ErrorCode::not_leader_or_follower: return Errc::refused;
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large: return Errc::too_large;
    default: return Errc::io_error;
  }
}

Result<void> visit_batch(const Bytes& batch, const BatchHeader& header, Offset from, const RecordVisitor& visit,
                         const MarkerVisitor& visit_marker) {
  if (!batch_crc_matches(batch.view()))
    return fail(Errc::corrupt, "a damaged batch at offset " + std::to_string(header.base_offset));
  work_in_slices(checksum_work(batch.size()));
  if (header.control()) {
    auto marker = visit_marker && header.base_offset >= from ? read_end_marker(batch) : std::nullopt;
    if (marker) visit_marker(header.producer_id, *marker);
    return {};
  }
  FULMAR_TRY(auto records, read_records(batch, batch_bytes_max));
  work_in_slices(unpack_work(batch.size()) + walk_work(batch.size()));
  for (const auto& record : records) {
    if (record.offset < from) continue;
    FULMAR_TRY_VOID(visit(record));
    work_in_slices(visit_work);
  }
  return {};
}

}  // namespace

Result<VisitedRecords> visit_committed(Replica& replica, Offset from, const RecordVisitor& visit,
                                       const MarkerVisitor& visit_marker) {
  VisitedRecords read{from, 0};
  auto end = replica.high_watermark();
  while (read.next < end) {
    FULMAR_TRY(auto batches, replica.log().read(read.next, end, read_bytes, true));
    if (batches.empty()) break;
    read.bytes += static_cast<std::int64_t>(batches.size());
    for (std::size_t at = 0; at < batches.size();) {
      FULMAR_TRY(auto header, read_batch_header(batches.view().substr(at)));
      if (header.size() > batches.size() - at)
        return fail(Errc::corrupt, "half a batch at offset " + std::to_string(header.base_offset));
      FULMAR_TRY_VOID(visit_batch(batches.slice(at, header.size()), header, from, visit, visit_marker));
      read.next = header.next_offset();
      at += header.size();
    }
  }
  return read;
}

Result<Replica::Proposed> append_records(Replica& replica, const std::vector<Record>& records,
                                         std::optional<Epoch> epoch) {
  auto batch = build_batch(records);
  auto header = validate_produced(batch);
  if (!header) return fail(Errc::invalid_argument, header.error().message);
  if (batch.size() > static_cast<std::size_t>(replica.log().config().max_message_bytes))
    return fail(Errc::too_large, "records of " + std::to_string(batch.size()) + " bytes are beyond max.message.bytes");
  auto proposed = replica.append(*header, batch, epoch);
  if (!proposed) return fail(kind_of(proposed.error().code), proposed.error().message);
  return *proposed;
}

std::expected<Replica::Proposed, ErrorCode> append_to_transaction(Replica& replica, const std::vector<Record>& records,
                                                                  Epoch epoch, const TransactionWriter& writer) {
  if (writer.verified && writer.verified->epoch != epoch) return std::unexpected(ErrorCode::not_leader_or_follower);
  auto batch = build_batch(
      records, {.producer_id = writer.producer_id, .producer_epoch = writer.producer_epoch, .transactional = true});
  auto header = *read_batch_header(batch.view());
  if (batch.size() > static_cast<std::size_t>(replica.log().config().max_message_bytes))
    return std::unexpected(ErrorCode::record_list_too_large);
  AppendOrigin origin{.coordinator = true};
  if (writer.verified) origin.verified = writer.verified->number;
  auto proposed = replica.append(header, batch, epoch, origin);
  if (!proposed) return std::unexpected(proposed.error().code);
  return *proposed;
}

}  // namespace fulmar
