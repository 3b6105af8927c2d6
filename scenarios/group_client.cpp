// A member of a consumer group under the classic protocol. It joins, takes its share of a few partitions, and commits a
// number for each of them, again and again; now and then it leaves, vanishes without a word, or is silent for longer
// than its session. At the end it has to be a member once more, and to commit.
#include <charconv>

#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

namespace {

constexpr std::int32_t shared_partitions = 4;  // of a topic, that are divided among a group's members
constexpr std::int32_t session_timeout_ms = 6000;
constexpr std::int32_t rebalance_timeout_ms = 6000;
constexpr Duration join_max = seconds(20);  // longer than a rebalance takes
constexpr const char* protocol = "by-number";
constexpr int groups = 2;

Bytes bytes_of(const std::set<std::int32_t>& partitions) {
  std::string text;
  for (auto partition : partitions) text += std::to_string(partition) + " ";
  return Bytes::copy_of(text);
}

std::set<std::int32_t> partitions_of(std::string_view text) {
  std::set<std::int32_t> partitions;
  for (const char* at = text.data(); at < text.data() + text.size(); ++at) {
    std::int32_t partition = 0;
    at = std::from_chars(at, text.data() + text.size(), partition).ptr;
    partitions.insert(partition);
  }
  return partitions;
}

class Membership {
 public:
  Membership(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        brokers_(host, cluster_options(workload, random_.split("cluster"))),
        group_("group-" + std::to_string(workload.next_member++ % groups)) {
    for (const auto& [name, spec] : workload.topics)
      if (!spec.idle && (topic_.empty() || spec.partitions > workload.topics.at(topic_).partitions)) topic_ = name;
    partitions_ = std::min(shared_partitions, workload.topics.at(topic_).partitions);
  }

  void live() {
    while (!(workload_.stop && committed_since_stop_)) {
      if (!find_coordinator() || !join() || !sync()) {
        pause(host_, random_, 300);
        continue;
      }
      fetch();
      be_a_member();
      go();
    }
    leave();
  }

 private:
  Deadline soon() { return host_.clock().deadline_in(workload_.request_timeout); }

  bool find_coordinator() {
    if (coordinator_) return true;
    // Another one each time: one that does not answer is not broken.
    auto any = brokers_.broker(1 + static_cast<std::int32_t>(random_.below(workload_.brokers.size())), soon());
    if (!any) return false;
    FindCoordinatorRequest request;
    request.coordinator_keys = {group_};
    auto found = (*any)->call<FindCoordinatorResponse>(request, soon());
    if (!found || found->coordinators.size() != 1 || found->coordinators[0].error_code != ErrorCode::none) return false;
    coordinator_ = found->coordinators[0].node_id;
    return true;
  }

  template <class Response, class Request>
  std::optional<Response> ask(const Request& request, Duration patience) {
    auto deadline = host_.clock().deadline_in(patience);
    auto connection = brokers_.broker(*coordinator_, deadline);
    if (connection) {
      auto response = (*connection)->template call<Response>(request, deadline);
      if (response) return std::move(*response);
    }
    coordinator_.reset();
    return std::nullopt;
  }

  // Whether to go on as the member that it is. What an error asks a client to do is done.
  bool is_fine(ErrorCode error) {
    switch (error) {
      case ErrorCode::none: return true;
      case ErrorCode::not_coordinator:
        workload_.marks.reach(Mark::group_coordinator_moved);
        coordinator_.reset();
        return false;
      case ErrorCode::unknown_member_id:
      case ErrorCode::illegal_generation:
        workload_.marks.reach(Mark::group_fenced);
        if (error == ErrorCode::unknown_member_id) member_.clear();
        return false;
      case ErrorCode::rebalance_in_progress: workload_.marks.reach(Mark::group_rebalanced); return false;
      default: coordinator_.reset(); return false;
    }
  }

  bool join() {
    JoinGroupRequest request;
    request.group_id = group_;
    request.session_timeout_ms = session_timeout_ms;
    request.rebalance_timeout_ms = rebalance_timeout_ms;
    request.member_id = member_;
    request.protocol_type = "simulated";
    request.protocols = {{protocol, Bytes::copy_of("")}};
    auto joined = ask<JoinGroupResponse>(request, join_max);
    if (!joined) return false;
    if (joined->error_code == ErrorCode::member_id_required) {
      member_ = joined->member_id;
      return false;
    }
    if (!is_fine(joined->error_code)) return false;
    member_ = joined->member_id;
    generation_ = joined->generation_id;
    GroupJoin told{group_, member_, generation_, joined->leader == member_, {}, host_.clock().now()};
    if (told.leads)
      for (std::int32_t partition = 0; const auto& member : joined->members) {
        auto& share = told.assigned[member.member_id];
        auto count = static_cast<std::int32_t>(joined->members.size());
        for (auto own = partition++; own < partitions_; own += count) share.insert(own);
      }
    assigned_ = told.assigned;
    workload_.history.group_joins.push_back(std::move(told));
    return true;
  }

  bool sync() {
    SyncGroupRequest request;
    request.group_id = group_;
    request.generation_id = generation_;
    request.member_id = member_;
    request.protocol_type = "simulated";
    request.protocol_name = protocol;
    for (const auto& [member, share] : assigned_) request.assignments.push_back({member, bytes_of(share)});
    auto synced = ask<SyncGroupResponse>(request, join_max);
    if (!synced || !is_fine(synced->error_code)) return false;
    own_ = partitions_of(synced->assignment.view());
    workload_.marks.reach(Mark::group_stable);
    workload_.history.group_syncs.push_back({group_, member_, generation_, own_, host_.clock().now()});
    return true;
  }

  void fetch() {
    OffsetFetchRequest request;
    OffsetFetchRequest::Group of;
    of.group_id = group_;
    of.topics.emplace();
    auto& topic = of.topics->emplace_back();
    topic.name = topic_;
    for (std::int32_t partition = 0; partition < partitions_; ++partition) topic.partition_indexes.push_back(partition);
    request.groups.push_back(std::move(of));
    auto invoked = host_.clock().now();
    auto deadline = soon();
    if (!coordinator_) return;
    auto connection = brokers_.broker(*coordinator_, deadline);
    if (!connection) return;
    constexpr std::int16_t by_name = 9;
    auto fetched = (*connection)->call<OffsetFetchResponse>(request, deadline, by_name);
    if (!fetched || fetched->groups.size() != 1 || !is_fine(fetched->groups[0].error_code)) return;
    for (const auto& told : fetched->groups[0].topics)
      for (const auto& partition : told.partitions)
        if (partition.error_code == ErrorCode::none)
          workload_.history.group_fetches.push_back(
              {group_, partition.index, partition.committed_offset, invoked, host_.clock().now()});
  }

  // Until something ends it: the group, an error, or the time that it has set itself.
  void be_a_member() {
    auto until = host_.clock().now() + milliseconds(random_.between(500, 15'000));
    while (host_.clock().now() < until && coordinator_) {
      HeartbeatRequest beat{group_, generation_, member_, std::nullopt};
      auto heard = ask<HeartbeatResponse>(beat, workload_.request_timeout);
      if (!heard || !is_fine(heard->error_code)) return;
      if (!own_.empty() && random_.chance(2, 3) && !commit()) return;
      if (random_.chance(1, 5)) fetch();
      if (workload_.stop && (committed_since_stop_ || own_.empty())) return void(committed_since_stop_ = true);
      pause(host_, random_, 1500);
    }
  }

  bool commit() {
    OffsetCommitRequest request;
    request.group_id = group_;
    request.generation_id_or_member_epoch = generation_;
    request.member_id = member_;
    auto& topic = request.topics.emplace_back();
    topic.name = topic_;
    auto first = workload_.history.group_commits.size();
    bool stopping = workload_.stop;
    for (auto partition : own_) {
      topic.partitions.push_back({partition, workload_.next_commit, -1, std::nullopt});
      workload_.history.group_commits.push_back({group_, member_, generation_, partition, workload_.next_commit++,
                                                 host_.clock().now(), Instant::max(), Outcome::pending});
    }
    auto count = own_.size();
    constexpr std::int16_t by_name = 9;
    auto deadline = soon();
    auto connection = brokers_.broker(*coordinator_, deadline);
    std::optional<OffsetCommitResponse> answer;
    if (connection) {
      auto response = (*connection)->call<OffsetCommitResponse>(request, deadline, by_name);
      if (response) answer = std::move(*response);
    }
    auto error = ErrorCode::unknown_server_error;
    for (std::size_t n = 0; n < count; ++n) {
      auto& commit = workload_.history.group_commits[first + n];
      commit.outcome = connection ? Outcome::unknown : Outcome::failed;
      if (!answer || answer->topics.size() != 1 || answer->topics[0].partitions.size() != count) continue;
      error = answer->topics[0].partitions[n].error_code;
      commit.completed = host_.clock().now();
      commit.outcome = outcome_of(error);
      if (error == ErrorCode::none) workload_.marks.reach(Mark::group_offset_committed);
    }
    if (!answer) coordinator_.reset();
    if (error == ErrorCode::none && stopping) committed_since_stop_ = true;
    return answer && is_fine(error);
  }

  // With some errors it is certain that nothing was written; others leave that open.
  static Outcome outcome_of(ErrorCode error) {
    switch (error) {
      case ErrorCode::none: return Outcome::ok;
      case ErrorCode::unknown_member_id:
      case ErrorCode::illegal_generation:
      case ErrorCode::rebalance_in_progress:
      case ErrorCode::coordinator_load_in_progress: return Outcome::failed;
      default: return Outcome::unknown;
    }
  }

  void go() {
    if (workload_.stop) return;
    switch (random_.below(4)) {
      case 0: leave(); break;
      case 1: member_.clear(); break;                                                                    // vanishes
      case 2: host_.clock().sleep_for(milliseconds(random_.between(1, 2 * session_timeout_ms))); break;  // is silent
      default: break;
    }
  }

  void leave() {
    if (!coordinator_ || member_.empty()) return;
    LeaveGroupRequest request;
    request.group_id = group_;
    request.members.push_back({member_, std::nullopt, std::nullopt});
    ask<LeaveGroupResponse>(request, workload_.request_timeout);
    member_.clear();
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  const std::string group_;
  std::string topic_;
  std::int32_t partitions_ = 1;
  std::optional<std::int32_t> coordinator_;
  std::string member_;
  std::int32_t generation_ = -1;
  std::map<std::string, std::set<std::int32_t>> assigned_;  // where it leads
  std::set<std::int32_t> own_;
  bool committed_since_stop_ = false;
};

}  // namespace

void join_groups(Host& host, Workload& workload) {
  Membership(host, workload).live();
}

}  // namespace fulmar
