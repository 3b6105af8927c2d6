#include "broker/server/requests/fetch_partition.h"

#include <algorithm>

#include "broker/protocol/work.h"
#include "broker/server/requests/read_replica.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int16_t first_version_with_zstd = 10;

// If the consumer gives the epoch of its last record: where its log diverges from this leader's, if it does (KIP-595).
// If this leader does not know that, the offset is out of range.
ErrorCode find_divergence(const Replica& replica, const FetchRequest::Topic::Partition& asked,
                          FetchResponse::Topic::Partition& out) {
  if (asked.last_fetched_epoch < 0) return ErrorCode::none;
  auto end = replica.end_of_epoch(asked.last_fetched_epoch);
  if (end.epoch < 0) {
    FULMAR_MARK("fetch: epoch unknown");
    return ErrorCode::offset_out_of_range;
  }
  if (end.epoch < asked.last_fetched_epoch || end.offset < asked.fetch_offset) {
    FULMAR_MARK("fetch: consumer diverges");
    out.diverging_epoch = {end.epoch, end.offset};
  }
  return ErrorCode::none;
}

// Whether the replica may serve this consumer: as an established leader with a lease, or as a follower, if consumers
// may read there (KIP-392).
ErrorCode check_reader(const BrokerShard& owner, const Replica& replica, Epoch claimed, const std::string& rack) {
  auto error = replica.check_leader(claimed);
  if (error == ErrorCode::none) return replica.speaks_for_the_group() ? error : ErrorCode::offset_not_available;
  bool may_follow = owner.config().rack_aware_reads && !rack.empty() && replica.follows();
  return error == ErrorCode::not_leader_or_follower && may_follow ? ErrorCode::none : error;
}

// Reads batches with valid CRCs. A leader reports damage that it finds; if its log is the only one, it then reads up to
// the damage.
Result<Bytes> read_intact(Replica& replica, Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) {
  constexpr int found_at_once_max = 8;
  auto& log = replica.log();
  for (int found = 0;; ++found) {
    auto bytes = log.read(from, up_to, max_bytes, at_least_one);
    if (bytes) work_in_slices(checksum_work(bytes->size()));
    if (bytes && !are_intact_batches(bytes->view()))
      bytes = fail(Errc::corrupt, "wrong CRC in what was read from " + std::to_string(from));
    if (bytes || bytes.error().code != Errc::corrupt || !replica.leads()) return bytes;
    FULMAR_MARK("fetch: leader reads damage");
    replica.report_damage(bytes.error(), from);
    bool known = log.damaged_at(from);
    if (known || !log.serves_rest() || found == found_at_once_max) return bytes;
  }
}

// The end of batches that compaction has emptied; nullopt if one of them has records.
std::optional<Offset> end_of_emptied(std::string_view batches) {
  std::optional<Offset> end;
  while (batches.size() >= batch_header_size) {
    auto header = read_batch_header(batches);
    if (!header || header->size() > batches.size() || header->record_count > 0) return std::nullopt;
    end = header->next_offset();
    batches.remove_prefix(header->size());
  }
  return end;
}

// Skips emptied batches if records follow: librdkafka takes repeated responses with batches but no records for a batch
// above its size limit, and gives up.
Result<Bytes> read_batches(Replica& replica, Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) {
  constexpr int passed_at_once_max = 100;
  auto bytes = read_intact(replica, from, up_to, max_bytes, at_least_one);
  for (int passed = 0; bytes && passed < passed_at_once_max; ++passed) {
    auto end = end_of_emptied(bytes->view());
    if (!end || *end >= up_to) break;
    auto behind = read_intact(replica, *end, up_to, max_bytes, at_least_one);
    if (!behind || behind->empty()) break;  // the next fetch gets the error
    FULMAR_MARK("fetch: emptied batches skipped");
    bytes = std::move(behind);
  }
  return bytes;
}

// Only for topics that recompress is that known.
bool is_packed_with_zstd(BrokerShard& owner, const std::string& name) {
  const auto* topic = owner.image()->topic(name);
  return topic && owner.produce_config(*topic).compression.codec == Compression::zstd;
}

// The aborted transactions whose records may be in these batches.
std::vector<FetchResponse::Topic::Partition::AbortedTransaction> aborted_in(const PartitionLog& log, Offset from,
                                                                            const Bytes& batches) {
  if (batches.empty()) return {};
  auto end = from;
  for (std::size_t at = 0; at < batches.size();) {
    auto header = read_batch_header(batches.view().substr(at));
    if (!header) break;
    end = header->next_offset();
    at += header->size();
  }
  std::vector<FetchResponse::Topic::Partition::AbortedTransaction> found;
  for (const auto& aborted : log.aborted(from, end)) found.emplace_back(aborted.producer_id, aborted.first_offset);
  return found;
}

}  // namespace

FetchRules fetch_rules(const FetchRequest& request, std::int16_t version) {
  return {.from_replica = request.replica_id >= 0 || request.replica_state.replica_id >= 0,
          .negative_limit = request.max_bytes < 0,
          .committed_only = request.isolation_level == 1,
          .without_zstd = version < first_version_with_zstd};
}

FetchResponse::Topic::Partition refused_partition(std::int32_t index, ErrorCode error) {
  FetchResponse::Topic::Partition out;
  out.index = index;
  out.error_code = error;
  out.high_watermark = -1;
  return out;
}

bool Reading::must_answer() const {
  bool refused = out.error_code != ErrorCode::none && !soon;
  return refused || out.diverging_epoch.epoch >= 0 || out.preferred_read_replica >= 0 || more;
}

void read_partition(BrokerShard& owner, Reading& reading, FetchShare& share) {
  const auto& target = *reading.target;
  const auto& asked = target.request;
  auto& out = reading.out;
  out = refused_partition(asked.index, ErrorCode::none);
  auto refuse = [&](ErrorCode code) { out = refused_partition(asked.index, code); };
  auto* partition = owner.partitions().find(target.topic(), asked.index);
  bool same_topic = partition && (target.topic_id.is_zero() || partition->topic_id == target.topic_id);
  if (!same_topic && partition) return refuse(ErrorCode::unknown_topic_id);
  if (!same_topic) {
    const auto* known = owner.image()->topic(target.topic());
    bool elsewhere = known && asked.index >= 0 && asked.index < known->partition_count();
    refuse(elsewhere ? ErrorCode::not_leader_or_follower : ErrorCode::unknown_topic_or_partition);
    if (!elsewhere) out.aborted_transactions.emplace();
    return;
  }
  if (!partition->replica) return refuse(partition->absence());
  auto replica = partition->replica;
  if (auto error = check_reader(owner, *replica, asked.current_leader_epoch, share.rack); error != ErrorCode::none)
    return refuse(error);
  // Followers here receive appends from their leader, and do not fetch. A negative limit is invalid.
  if (share.rules.from_replica) return refuse(ErrorCode::not_leader_or_follower);
  if (share.rules.negative_limit || asked.max_bytes < 0) return refuse(ErrorCode::unknown_server_error);
  if (share.rules.without_zstd && is_packed_with_zstd(owner, target.topic()))
    return refuse(ErrorCode::unsupported_compression_type);
  reading.led_here = replica->leads();
  auto& log = replica->log();
  reading.seen_high_watermark = replica->high_watermark();
  out.high_watermark = replica->high_watermark();
  auto stable = replica->last_stable_offset();
  out.last_stable_offset = stable.value_or(-1);
  reading.seen_end = share.rules.committed_only ? stable.value_or(-1) : out.high_watermark;
  out.log_start_offset = log.log_start();
  if (share.rules.committed_only) out.aborted_transactions.emplace();
  if (reading.led_here) {
    if (auto error = find_divergence(*replica, asked, out); error != ErrorCode::none) return refuse(error);
    if (out.diverging_epoch.epoch >= 0) return;
    out.preferred_read_replica = preferred_read_replica(owner, *replica, share.rack, asked.fetch_offset);
    if (out.preferred_read_replica >= 0) return;
  } else if (!replica->begins_as_told() ||
             (asked.fetch_offset > reading.seen_high_watermark && asked.fetch_offset <= log.log_end())) {
    // The leader has shown the consumer a high watermark or log start that this follower does not have yet.
    FULMAR_MARK("fetch: follower is behind what was shown");
    reading.soon = true;
    return refuse(ErrorCode::offset_not_available);
  }
  if (share.rules.committed_only && !stable) {
    FULMAR_MARK("fetch: stable offset not known yet");
    // The last stable offset is not known again yet after a start.
    reading.soon = true;
    return refuse(ErrorCode::offset_not_available);
  }
  if (share.got_any && share.bytes_left == 0 && asked.fetch_offset >= out.log_start_offset &&
      asked.fetch_offset <= log.log_end())
    return;  // no bytes are left for it
  auto bytes_max = std::min(static_cast<std::size_t>(std::max(0, asked.max_bytes)), share.bytes_left);
  Result<Bytes> bytes = Bytes();
  for (auto forgotten = log.aborted_forgotten();; forgotten = log.aborted_forgotten()) {
    bytes = read_batches(*replica, asked.fetch_offset, reading.seen_end, bytes_max, !share.got_any);
    if (bytes && share.rules.committed_only) out.aborted_transactions = aborted_in(log, asked.fetch_offset, *bytes);
    // Otherwise compaction has gone on meanwhile, and what was read may have records of transactions forgotten since.
    if (log.aborted_forgotten() == forgotten) break;
  }
  // Records that were deleted while they were read are not returned.
  out.log_start_offset = log.log_start();
  if (asked.fetch_offset < out.log_start_offset) {
    FULMAR_MARK("fetch: below the log start");
    return refuse(ErrorCode::offset_out_of_range);
  }
  if (!bytes) {
    if (bytes.error().code == Errc::out_of_range) return refuse(ErrorCode::offset_out_of_range);
    // No other replica can repair this, so the client should not retry for ever.
    bool for_good = bytes.error().code == Errc::corrupt && log.serves_rest() && !log.offline();
    return refuse(for_good ? ErrorCode::corrupt_message : ErrorCode::kafka_storage_error);
  }
  if (bytes->empty()) return;
  share.got_any = true;
  // A read ends with its segment: waiting for min_bytes would not get the rest any sooner.
  reading.more = asked.fetch_offset < log.segments().back()->base_offset();
  share.bytes_left -= std::min(share.bytes_left, bytes->size());
  out.records = ByteChain(std::move(*bytes));
}

}  // namespace fulmar
