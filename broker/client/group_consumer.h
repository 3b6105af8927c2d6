// GroupConsumer: reads topics as a member of a consumer group under the classic protocol ("consumer" protocol type, the
// "range" assignor): it joins, reads what it is assigned from the group's committed offsets on, commits, and joins
// again when the group rebalances. Its members may be any clients that offer the same assignor.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/client/consumer.h"
#include "broker/client/group_member.h"
#include "broker/client/topic_reader.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/queue.h"

namespace fulmar {

enum class DeliveryGuarantee {
  at_least_once,  // commits what next() returned when it is called again, as processed
  at_most_once,   // commits before next() returns
};

struct GroupConsumerOptions {
  std::string group;
  std::vector<std::string> topics;         // at least one
  std::optional<std::string> instance_id;  // of a static member (KIP-345)
  DeliveryGuarantee delivery = DeliveryGuarantee::at_least_once;
  Timestamp reset_to = earliest_offset;  // or latest_offset: if no committed offset is within the log
  milliseconds session_timeout = seconds(45);
  milliseconds rebalance_timeout = seconds(60);
  milliseconds heartbeat_interval = seconds(3);
  milliseconds commit_interval = seconds(5);  // at least once only
  TopicReaderOptions reading;
};

class GroupConsumer {
 public:
  GroupConsumer(Host& host, ClusterClient& cluster, GroupConsumerOptions options);

  struct Read {
    std::string topic;
    std::int32_t partition = 0;
    Offset next = 0;  // the next offset of the partition to read
    std::vector<ReadRecord> records;
  };
  // The next records, at most `records_max` (at least 1), of one of the assigned partitions. Waits for them, also
  // through rebalances, without a limit; nullopt after interrupt() or, with `until_assigned_end`, once each assigned
  // partition has been read up to its end at the time of assignment. For one fiber. Errors: FENCED_INSTANCE_ID: another
  // process has taken this static member's place; permanent errors of the topics; transient ones that have lasted for
  // the cluster client's patience.
  Answer<std::optional<Read>> next(bool until_assigned_end = false,
                                   std::int64_t records_max = std::numeric_limits<std::int64_t>::max());
  // From any fiber of the shard.
  void interrupt();
  // Commits all records that next() has returned (with at_least_once), then leaves the group; next() would join it
  // again. Errors: of the commit; then some records will be read again.
  Answer<void> close();
  // Leaves the group without a commit, if the records that next() returned last could not be processed.
  void abandon();

  const GroupMember& member() const { return member_; }
  std::set<PartitionName> assigned() const;

 private:
  static constexpr std::size_t reads_waiting_max = 2;
  using Positions = std::map<PartitionName, Offset>;

  Answer<void> join();
  Answer<std::vector<SyncGroupRequest::Assignment>> share_out(const std::vector<JoinGroupResponse::Member>& members);
  Answer<Positions> begin_of(const std::vector<PartitionName>& partitions);
  Answer<void> begin(const std::vector<PartitionName>& assigned);
  void leave_assignment();
  void keep_alive();
  void read(const std::string& topic, std::map<std::int32_t, Offset> from);
  bool partitions_were_added();
  Answer<std::optional<Read>> deliver(Read read, std::int64_t records_max);
  Answer<void> commit(const Positions& positions);
  Answer<void> commit_processed();
  bool is_at_assigned_end() const;

  Host& host_;
  ClusterClient& cluster_;
  const GroupConsumerOptions options_;
  GroupMember member_;
  bool interrupted_ = false;
  // -- Of the current assignment.
  bool assigned_ = false;
  bool rejoin_ = false;                                   // the group has rebalanced
  std::map<std::string, std::int32_t> partition_counts_;  // of a leader: the counts that were assigned
  Instant counts_checked_;
  Positions positions_;       // where to continue reading
  std::optional<Read> rest_;  // the rest of a read that next() has returned in part
  Positions ends_;            // where each partition ended when it was assigned
  Positions processed_;       // but not committed
  Instant committed_at_;
  std::unique_ptr<BoundedQueue<Answer<std::optional<Read>>>> reads_;  // nullopt: wakes next() to check for changes
  std::optional<FiberGroup> fibers_;
};

}  // namespace fulmar
