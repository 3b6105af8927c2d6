// Marks: what a life has reached. Each names a feature or a path of the broker, or a response that a client got, and is
// counted where it is observed: by clients, by observers of brokers, or on the disks. A campaign adds them up, and
// shows what no life exercises.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace fulmar {

enum class Mark : std::uint8_t {
  metadata_snapshot_taken,
  metadata_snapshot_loaded,
  metadata_snapshot_fetched,
  log_truncated,
  log_begun_anew,
  short_read,
  lookup_by_time,
  lookup_past_the_last,
  lookup_of_maximum,
  epoch_end_told,
  epoch_passed,
  fetch_with_epoch,
  fetch_diverged,
  follower_read,
  too_few_in_sync,
  partitions_added,
  topic_made_again,
  earlier_id_used,
  record_in_deleted_topic,
  deleted_to_high_watermark,
  record_without_time,
  record_from_the_past,
  record_from_the_future,
  false_maximum,
  timestamp_refused,
  producer_id_block,
  cut_after_transfer,
  idle_deletion,
  idle_lookup,
  long_poll,
  waited_behind_transaction,
  consumer_at_the_end,
  metadata_claim,
  in_sync_claim,
  follower_start_told,
  calm_majority,
  group_stable,
  group_rebalanced,
  group_coordinator_moved,
  group_fenced,
  group_offset_committed,
  malformed_batch_refused,
  group_offset_deleted,
  controller_added,
  release_upgraded,
  release_taken_back,
  controller_removed,
  consumer_assigned,
  consumer_gave_up,
  consumer_fenced,
  group_upgraded,
  group_downgraded,
  log_compacted,
  batch_compacted_away,
  transaction_committed,
  transaction_aborted,
  transaction_abandoned,
  transaction_fenced,
  transaction_of_past_member,
  unstable_offset,
  committed_read,
  later_transaction_read,
  tombstone_removed,
  leader_was_away_past_tombstones,
  group_full,
  group_offset_expired,
  coordinator_lost_in_rebalance,
  transaction_finished_by_another,
  marker_removed,
  access_granted,
  access_withdrawn,
  access_denied_beside_grant,
  served_over_tls,
  served_by_certificate,
  authenticated_plain,
  authenticated_scram_256,
  authenticated_scram_512,
  authenticated_again,
  brokers_over_tls,
  stranger_refused,
  ended_session_refused,
  password_changed,
  past_password_refused,
  owned_topic_made,
  change_only_validated,
  owned_partition_moved,
  owned_move_taken_back,
  owned_user_set,
  owned_user_deleted,
  write_examined,
  read_examined,
  lookup_examined,
  session_examined,
  wait_examined,
  size_examined,
  groups_in_peace,
  batch_streamed_again,
  quota_in_peace,
  count_
};

// In a few words, for summaries.
const char* mark_name(Mark mark) noexcept;

class Marks {
 public:
  // The life could reach it: if it does not, the summary says so.
  void expect(Mark mark) { expected_[index(mark)] = true; }
  void reach(Mark mark, std::uint64_t times = 1) { counts_[index(mark)] += times; }
  std::uint64_t count(Mark mark) const { return counts_[index(mark)]; }
  // By name: the marks that were reached, and, with 0, those that were expected and not reached.
  std::map<std::string, std::uint64_t> by_name() const;

 private:
  static constexpr std::size_t size = static_cast<std::size_t>(Mark::count_);
  static std::size_t index(Mark mark) { return static_cast<std::size_t>(mark); }
  std::array<std::uint64_t, size> counts_{};
  std::array<bool, size> expected_{};
};

}  // namespace fulmar
