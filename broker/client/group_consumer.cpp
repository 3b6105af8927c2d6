#include "broker/client/group_consumer.h"

#include <algorithm>

#include "broker/client/admin.h"
#include "broker/client/range_assignor.h"
#include "broker/protocol/messages/consumer_protocol.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int16_t protocol_version = 1;  // of the messages between members
constexpr Duration counts_check_interval = seconds(30);

GroupMemberOptions member_options(const GroupConsumerOptions& options) {
  GroupMemberOptions member;
  member.group = options.group;
  member.instance_id = options.instance_id;
  ConsumerProtocolSubscription subscription;
  subscription.topics = options.topics;
  member.protocols = {{"range", write_consumer_subscription(subscription, protocol_version)}};
  member.session_timeout = options.session_timeout;
  member.rebalance_timeout = options.rebalance_timeout;
  return member;
}

bool is_past(ErrorCode error) {
  return error == ErrorCode::rebalance_in_progress || error == ErrorCode::illegal_generation ||
         error == ErrorCode::unknown_member_id;
}

}  // namespace

GroupConsumer::GroupConsumer(Host& host, ClusterClient& cluster, GroupConsumerOptions options)
    : host_(host), cluster_(cluster), options_(std::move(options)), member_(host, cluster, member_options(options_)) {
  FULMAR_ASSERT(!options_.topics.empty());
}

std::set<PartitionName> GroupConsumer::assigned() const {
  std::set<PartitionName> names;
  for (const auto& [name, position] : positions_) names.insert(name);
  return names;
}

Answer<std::optional<GroupConsumer::Read>> GroupConsumer::next(bool until_assigned_end, std::int64_t records_max) {
  for (;;) {
    if (interrupted_) return std::nullopt;
    if (rejoin_) {
      // The next owner of these partitions continues from here. If the commit is refused, some records are read again.
      (void)commit_processed();
      leave_assignment();
    }
    if (!assigned_) FULMAR_TRY_VOID(join());
    if (interrupted_ || (until_assigned_end && is_at_assigned_end())) return std::nullopt;
    auto due = committed_at_ + options_.commit_interval;
    auto next = std::exchange(rest_, std::nullopt);
    if (!next) {
      auto read = reads_->pop(processed_.empty() ? Deadline::never() : Deadline{due});
      if (read && !*read) return std::unexpected(read->error());
      if (read) next = std::move(**read);
    }
    if (host_.clock().now() >= due) {
      auto committed = commit_processed();
      if (!committed && !is_past(committed.error().code) && !is_retriable(committed.error().code))
        return std::unexpected(committed.error());
    }
    if (!next || rejoin_) continue;
    auto delivered = deliver(std::move(*next), records_max);
    if (!delivered || *delivered) return delivered;
  }
}

// Nothing if the group has rebalanced: the partition's present owner reads these records, as they are not committed.
Answer<std::optional<GroupConsumer::Read>> GroupConsumer::deliver(Read read, std::int64_t records_max) {
  FULMAR_ASSERT(records_max > 0);
  PartitionName name{read.topic, read.partition};
  if (static_cast<std::int64_t>(read.records.size()) > records_max) {
    auto cut = read.records.begin() + records_max;
    rest_ = Read{read.topic, read.partition, read.next, {cut, read.records.end()}};
    read.next = cut->offset;
    read.records.erase(cut, read.records.end());
  }
  if (options_.delivery == DeliveryGuarantee::at_most_once) {
    auto committed = cluster_.retry([&](Deadline) { return commit({{name, read.next}}); });
    if (!committed && is_past(committed.error().code)) {
      rejoin_ = true;
      return std::nullopt;
    }
    if (!committed) return std::unexpected(committed.error());
  } else {
    processed_[name] = read.next;
  }
  positions_[name] = read.next;
  return read;
}

void GroupConsumer::interrupt() {
  interrupted_ = true;
  if (reads_) reads_->try_push(std::nullopt);
}

Answer<void> GroupConsumer::close() {
  Answer<void> committed;
  if (assigned_ && !rejoin_ && !processed_.empty())
    committed = cluster_.retry([&](Deadline) { return commit_processed(); });
  abandon();
  return committed;
}

void GroupConsumer::abandon() {
  leave_assignment();
  (void)member_.leave();  // if that fails, its session expires
}

Answer<void> GroupConsumer::join() {
  auto begun = host_.clock().now();
  Backoff backoff(host_, cluster_.options().retry_backoff, cluster_.options().retry_backoff_max);
  for (;;) {
    auto tried = [&]() -> Answer<void> {
      FULMAR_TRY(auto joined, member_.join());
      std::vector<SyncGroupRequest::Assignment> assignments;
      partition_counts_.clear();
      if (joined.leads && !joined.keeps_assignment) {
        FULMAR_TRY(assignments, share_out(joined.members));
      }
      FULMAR_TRY(auto synced, member_.sync(std::move(assignments)));
      auto assignment = read_consumer_assignment(synced);
      if (!assignment && !synced.empty())
        return refuse(ErrorCode::unknown_server_error, "what the leader of group " + options_.group + " assigned");
      std::vector<PartitionName> assigned;
      if (assignment)
        for (const auto& topic : assignment->assigned_partitions)
          for (auto partition : topic.partitions) assigned.emplace_back(topic.topic, partition);
      return begin(assigned);
    }();
    if (tried || interrupted_) return tried;
    auto error = tried.error().code;
    if (is_past(error)) {
      begun = host_.clock().now();  // the group is reachable
    } else if (!is_retriable(error) || host_.clock().now() - begun >= cluster_.options().patience) {
      return tried;
    }
    backoff.pause();
  }
}

Answer<std::vector<SyncGroupRequest::Assignment>> GroupConsumer::share_out(
    const std::vector<JoinGroupResponse::Member>& members) {
  std::vector<RangeSubscriber> subscribers;
  std::set<std::string> topics;
  for (const auto& member : members) {
    auto subscription = read_consumer_subscription(member.metadata);
    if (!subscription)
      return refuse(ErrorCode::inconsistent_group_protocol, "what member " + member.member_id + " subscribes to");
    topics.insert(subscription->topics.begin(), subscription->topics.end());
    subscribers.push_back({member.member_id, member.group_instance_id, std::move(subscription->topics)});
  }
  FULMAR_TRY(auto known, cluster_.metadata(std::vector(topics.begin(), topics.end())));
  for (const auto& topic : known.topics) {
    auto count = topic.error_code == ErrorCode::none ? static_cast<std::int32_t>(topic.partitions.size()) : 0;
    partition_counts_[topic.name.value_or("")] = count;
  }
  counts_checked_ = host_.clock().now();
  std::vector<SyncGroupRequest::Assignment> assignments;
  for (const auto& [member, share] : assign_ranges(std::move(subscribers), partition_counts_)) {
    ConsumerProtocolAssignment assignment;
    for (const auto& [topic, partition] : share) {
      auto& parts = assignment.assigned_partitions;
      if (parts.empty() || parts.back().topic != topic) parts.push_back({topic, {}});
      parts.back().partitions.push_back(partition);
    }
    assignments.push_back({member, write_consumer_assignment(assignment, protocol_version)});
  }
  return assignments;
}

// From the committed offsets on; if there is none, or it is outside of the log, from where the options say.
Answer<GroupConsumer::Positions> GroupConsumer::begin_of(const std::vector<PartitionName>& partitions) {
  FULMAR_TRY(auto committed, committed_offsets(cluster_, options_.group));
  std::map<std::string, std::vector<std::int32_t>> by_topic;
  for (const auto& [topic, partition] : partitions) by_topic[topic].push_back(partition);
  Positions begin;
  for (const auto& [topic, indexes] : by_topic) {
    FULMAR_TRY(auto first, list_offsets(cluster_, topic, indexes, earliest_offset));
    FULMAR_TRY(auto end, list_offsets(cluster_, topic, indexes, latest_offset, options_.reading.committed_only));
    for (auto index : indexes) {
      PartitionName name{topic, index};
      auto known = committed.find(name);
      bool there = known != committed.end() && known->second >= first.at(index) && known->second <= end.at(index);
      begin[name] = there ? known->second : options_.reset_to == latest_offset ? end.at(index) : first.at(index);
      ends_[name] = end.at(index);
    }
  }
  return begin;
}

Answer<void> GroupConsumer::begin(const std::vector<PartitionName>& assigned) {
  ends_.clear();
  FULMAR_TRY(positions_, begin_of(assigned));
  assigned_ = true;
  rejoin_ = false;
  committed_at_ = host_.clock().now();
  reads_ = std::make_unique<BoundedQueue<Answer<std::optional<Read>>>>(reads_waiting_max);
  fibers_.emplace();
  fibers_->spawn("keep membership", [this] { keep_alive(); });
  std::map<std::string, std::map<std::int32_t, Offset>> by_topic;
  for (const auto& [name, position] : positions_) by_topic[name.first][name.second] = position;
  for (const auto& [topic, from] : by_topic) fibers_->spawn("read topic", [this, topic, from] { read(topic, from); });
  return {};
}

void GroupConsumer::leave_assignment() {
  fibers_.reset();
  reads_.reset();
  positions_.clear();
  ends_.clear();
  processed_.clear();
  rest_.reset();
  assigned_ = false;
  rejoin_ = false;
}

void GroupConsumer::keep_alive() {
  for (;;) {
    host_.clock().sleep_for(options_.heartbeat_interval);
    auto heard = member_.heartbeat();
    if (!heard && heard.error().code == ErrorCode::fenced_instance_id) {
      reads_->push(std::unexpected(heard.error()));
      return;
    }
    if ((!heard && is_past(heard.error().code)) || partitions_were_added()) {
      rejoin_ = true;
      reads_->try_push(std::nullopt);  // if it is full, next() runs soon anyway
      return;
    }
  }
}

// A leader rejoins to assign partitions that were added since (Kafka's consumers check by their metadata's age).
bool GroupConsumer::partitions_were_added() {
  if (partition_counts_.empty() || host_.clock().now() - counts_checked_ < counts_check_interval) return false;
  counts_checked_ = host_.clock().now();
  std::vector<std::string> topics;
  for (const auto& [topic, count] : partition_counts_) topics.push_back(topic);
  auto known = cluster_.metadata(std::move(topics));
  if (!known) return false;
  return std::ranges::any_of(known->topics, [&](const auto& topic) {
    auto before = partition_counts_.find(topic.name.value_or(""));
    return topic.error_code == ErrorCode::none && before != partition_counts_.end() &&
           static_cast<std::int32_t>(topic.partitions.size()) != before->second;
  });
}

void GroupConsumer::read(const std::string& topic, std::map<std::int32_t, Offset> from) {
  TopicReader reader(host_, cluster_, topic, std::move(from), options_.reading);
  for (;;) {
    auto read = reader.next();
    if (!read) {
      reads_->push(std::unexpected(read.error()));
      return;
    }
    reads_->push(Read{topic, read->partition, read->next, std::move(read->records)});
  }
}

// Errors: the first error of a partition.
Answer<void> GroupConsumer::commit(const Positions& positions) {
  FULMAR_TRY(auto told, member_.commit(positions));
  for (const auto& [partition, error] : told)
    if (error != ErrorCode::none) return refuse(error, "the offset of " + to_string(partition));
  return {};
}

Answer<void> GroupConsumer::commit_processed() {
  committed_at_ = host_.clock().now();
  if (processed_.empty()) return {};
  FULMAR_TRY_VOID(commit(processed_));
  processed_.clear();
  return {};
}

bool GroupConsumer::is_at_assigned_end() const {
  return std::ranges::all_of(ends_, [this](const auto& end) { return positions_.at(end.first) >= end.second; });
}

}  // namespace fulmar
