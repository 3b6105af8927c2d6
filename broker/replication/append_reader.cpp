#include "broker/replication/append_reader.h"

#include "broker/log/partition_log.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

namespace {

constexpr std::size_t append_bytes_max = 1 << 20;

}  // namespace

Result<AppendBatches> read_append(const PartitionLog& log, Offset from) {
  ByteChain batches;
  auto end = from;
  const auto up_to = log.log_end();
  do {
    FULMAR_TRY(auto piece, log.read(end, up_to, append_bytes_max - batches.size(), batches.empty()));
    if (piece.empty()) {
      if (batches.empty()) end = up_to;  // a hole up to the end of the log
      break;
    }
    for (std::size_t at = 0; at < piece.size();) {
      auto header = read_batch_header(piece.view().substr(at));
      // The CRC covers neither offset nor epoch.
      auto epoch = header ? log.epochs().epoch_of(header->base_offset) : std::nullopt;
      bool first = batches.empty() && at == 0;
      bool follows = header && (header->base_offset == end || (first && header->base_offset < end) ||
                                (header->base_offset > end && header->base_offset <= log.holes_below()));
      bool whole = follows && header->next_offset() > end &&
                   header->leader_epoch == epoch.value_or(header->leader_epoch) &&
                   header->size() <= piece.size() - at && batch_crc_matches(piece.view().substr(at, header->size()));
      if (!whole) return fail(Errc::corrupt, "another batch than was written, after " + std::to_string(end));
      at += header->size();
      end = header->next_offset();
    }
    batches.append(std::move(piece));
  } while (end < up_to && batches.size() < append_bytes_max / 2);
  return AppendBatches{std::move(batches), end};
}

}  // namespace fulmar
