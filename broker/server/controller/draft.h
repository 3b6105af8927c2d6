// Draft: a metadata change that is not committed yet: the image with the change, and its records. On shard 0, while
// MetadataLog::changing() is held.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "broker/cluster/metadata_log.h"
#include "broker/server/controller/placement_candidates.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

inline constexpr const char* no_controller_message = "There is no controller now.";

// The message for a change that commit() has refused.
inline std::string not_made_message(ErrorCode error) {
  return error == ErrorCode::request_timed_out ? "It may be made, now or later: that could not be known in time."
                                               : "the metadata can't be written";
}

struct Draft {
  explicit Draft(BrokerShard& shard_0)
      : shard(shard_0),
        image(*shard_0.broker().metadata->image()),
        epoch(shard_0.broker().metadata->controller_epoch()) {}

  // Whether this broker is the controller: another one's image may be old, or still empty.
  bool controls() const { return epoch >= 0; }
  void add(MetadataRecord record) {
    apply_record(record, image);
    if (candidates) count_placed(record);
    records.push_back(std::move(record));
  }
  // Commits the records, without effect if there are none. The shards act on them afterwards: see change_metadata().
  // Returns NOT_CONTROLLER, INVALID_REQUEST, KAFKA_STORAGE_ERROR (nothing is changed) or REQUEST_TIMED_OUT (in doubt).
  ErrorCode commit() {
    if (!controls()) return ErrorCode::not_controller;
    if (records.empty()) return ErrorCode::none;
    auto committed = shard.broker().metadata->commit(records, epoch);
    made = committed.has_value();
    if (committed) return ErrorCode::none;
    switch (committed.error().code) {
      case Errc::refused: return ErrorCode::not_controller;
      case Errc::invalid_argument: return ErrorCode::invalid_request;
      case Errc::in_doubt:
        shard.log().warn("change of the metadata in doubt", {{"reason", to_string(committed.error())}});
        return ErrorCode::request_timed_out;
      default:
        shard.log().error("metadata can't be changed", {{"reason", to_string(committed.error())}});
        return ErrorCode::kafka_storage_error;
    }
  }

  BrokerShard& shard;  // shard 0, which has this broker's metadata
  MetadataImage image;
  Epoch epoch;  // in which this broker is the controller; -1: it is not
  std::vector<MetadataRecord> records;
  bool made = false;  // committed
  // Brokers that may be given replicas, and their load. Kept from the first placement on: computing it takes time
  // linear in the partitions, and a request may place many topics.
  std::optional<std::map<std::int32_t, Candidate>> candidates;

 private:
  void count_placed(const MetadataRecord& record) {
    if (const auto* topic = std::get_if<TopicRecord>(&record))
      count_replicas(topic->topic.partitions, *candidates);
    else if (const auto* partitions = std::get_if<PartitionsRecord>(&record))
      count_replicas(partitions->added, *candidates);
    else
      candidates.reset();
  }
};

inline constexpr Duration shown_everywhere_max = seconds(30);
inline constexpr Duration not_at_all{0};

// Runs `change` on shard 0, while it holds MetadataLog::changing(), and returns once every shard shows what it
// committed, or after `patience`: then shards show it later. Partitions are opened and removed afterwards.
template <class F>
auto change_metadata(BrokerShard& shard, F&& change, Duration patience = shown_everywhere_max) {
  return shard.on(0, [&](BrokerShard& shard_0) {
    auto& metadata = *shard_0.broker().metadata;
    std::optional<LockGuard> held(std::in_place, metadata.changing());
    Draft draft(shard_0);
    auto let_others_change = [&] {
      held.reset();
      if (draft.made && metadata.publishes()) metadata.wait_all_published(shard_0.host().clock().deadline_in(patience));
    };
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Draft&>>) {
      change(draft);
      let_others_change();
    } else {
      auto result = change(draft);
      let_others_change();
      return result;
    }
  });
}

}  // namespace fulmar
