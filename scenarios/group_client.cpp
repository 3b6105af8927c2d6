// A member of a consumer group under the classic protocol, static or not. It joins, takes its share of the partitions
// of a few topics, and commits a number for each of them, again and again. Sometimes it leaves, vanishes without
// leaving, or is silent for longer than its session. At the end some vanish for good, and the other members of their
// groups have to commit for all partitions once more.
#include <charconv>

#include "broker/client/group_member.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/group_offsets.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr milliseconds session_timeout(6000);
constexpr milliseconds rebalance_timeout(6000);
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
        cluster_(host, cluster_options(workload, random_.split("cluster"))),
        number_(workload.next_member++),
        group_("group-" + std::to_string(number_ % groups)),
        shared_(shared_partitions(workload)),
        member_(host, cluster_, options(number_, group_)) {
    ++workload_.living_members[group_];
  }

  void live() {
    while (!all_committed_since_stop()) {
      if (workload_.stop && dies()) return;  // without leaving
      if (!join() || !sync()) {
        pause(host_, random_, 300);
        continue;
      }
      try_as_before();
      fetch();
      be_a_member();
      go();
    }
    leave();
  }

 private:
  static GroupMemberOptions options(int number, const std::string& group) {
    GroupMemberOptions options;
    options.group = group;
    // Some are static: the group considers all their processes as the same member.
    if (number % 3 == 1) options.instance_id = "instance-" + std::to_string(number);
    options.protocol_type = "simulated";
    options.protocols = {{protocol, Bytes::copy_of("")}};
    options.session_timeout = session_timeout;
    options.rebalance_timeout = rebalance_timeout;
    return options;
  }
  bool is_static() const { return number_ % 3 == 1; }
  std::string instance() const { return is_static() ? "instance-" + std::to_string(number_) : ""; }

  // At the end some vanish for good, but never all of a group: the others have to take over their partitions.
  bool dies() {
    if (std::exchange(asked_whether_to_die_, true)) return dead_;
    auto& living = workload_.living_members[group_];
    dead_ = living > 1 && random_.chance(1, 2);
    if (dead_) --living;
    return dead_;
  }
  bool all_committed_since_stop() const {
    return workload_.stop && workload_.committed_since_stop[group_].size() == shared_.size();
  }

  Deadline soon() { return host_.clock().deadline_in(workload_.request_timeout); }

  // Whether it can continue as the same member.
  bool is_fine(ErrorCode error) {
    switch (error) {
      case ErrorCode::none: return true;
      case ErrorCode::not_coordinator: workload_.marks.reach(Mark::group_coordinator_moved); return false;
      case ErrorCode::fenced_instance_id: member_.forget(); [[fallthrough]];
      case ErrorCode::unknown_member_id:
      case ErrorCode::illegal_generation: workload_.marks.reach(Mark::group_fenced); return false;
      case ErrorCode::group_max_size_reached: workload_.marks.reach(Mark::group_full); return false;
      case ErrorCode::rebalance_in_progress: workload_.marks.reach(Mark::group_rebalanced); return false;
      default: expect_known(host_, workload_, "a request of a member", error); return false;
    }
  }

  bool join() {
    auto joined = member_.join();
    if (!joined) return is_fine(joined.error().code);
    GroupJoin told{group_, member_.id(), member_.generation(), joined->leads,
                   {},     instance(),   host_.clock().now(),  joined->members.size()};
    assignments_.clear();
    if (joined->keeps_assignment) told.leads = false;  // the assignment in force was made by another member
    if (told.leads) told.assigned = share_out(joined->members);
    tell_ended(workload_, told);
    workload_.history.group_joins.push_back(std::move(told));
    return true;
  }

  // The assignment of each member, static ones by instance. Members without partitions are left out.
  std::map<std::string, std::set<std::int32_t>> share_out(const std::vector<JoinGroupResponse::Member>& members) {
    std::vector<const JoinGroupResponse::Member*> chosen;
    for (const auto& member : members)
      if (random_.chance(3, 4)) chosen.push_back(&member);
    if (chosen.empty()) chosen.push_back(&members.front());
    std::map<std::string, std::set<std::int32_t>> shares;
    for (std::size_t n = 0; n < chosen.size(); ++n) {
      std::set<std::int32_t> share;
      for (auto partition = n; partition < shared_.size(); partition += chosen.size())
        share.insert(static_cast<std::int32_t>(partition));
      assignments_.push_back({chosen[n]->member_id, bytes_of(share)});
      shares[chosen[n]->group_instance_id.value_or(chosen[n]->member_id)] = std::move(share);
    }
    return shares;
  }

  bool sync() {
    auto invoked = host_.clock().now();
    auto synced = member_.sync(assignments_);
    if (!synced) return is_fine(synced.error().code);
    own_ = partitions_of(synced->view());
    workload_.marks.reach(Mark::group_stable);
    workload_.history.group_syncs.push_back(
        {group_, member_.id(), member_.generation(), own_, instance(), host_.clock().now(), invoked});
    tell_ended(workload_, workload_.history.group_syncs.back());
    return true;
  }

  void fetch() {
    auto fetched = fetch_offsets(host_, workload_, member_.coordinator(soon()), group_, shared_);
    if (fetched) is_fine(*fetched);
  }

  // Until the group, an error, or its chosen time ends it.
  void be_a_member() {
    auto until = host_.clock().now() + milliseconds(random_.between(500, 15'000));
    while (!all_committed_since_stop() && (workload_.stop || host_.clock().now() < until)) {
      if (workload_.stop && dies()) return;
      auto heard = member_.heartbeat();
      if (!heard) return void(is_fine(heard.error().code));
      if (!own_.empty() && random_.chance(2, 3) && !commit(member_)) return;
      if (random_.chance(1, 5)) fetch();
      pause(host_, random_, 1500);
    }
  }

  bool commit(GroupMember& as) {
    std::vector<GroupCommit> commits;
    for (auto partition : own_)
      commits.push_back({group_, as.id(), as.generation(), partition, workload_.next_commit++, instance()});
    bool stopping = workload_.stop;
    auto error = commit_offsets(host_, workload_, as.coordinator(soon()), std::move(commits), shared_,
                                [&](const GroupOffsets& offsets) { return as.commit(offsets); });
    if (error == ErrorCode::none && stopping) workload_.committed_since_stop[group_].insert(own_.begin(), own_.end());
    return is_fine(error);
  }

  // The previous process, if it is still alive, commits for its partitions too.
  void try_as_before() {
    if (!before_) return;
    auto mine = std::exchange(own_, {0});
    commit(*before_);
    before_.reset();
    own_ = std::move(mine);
  }

  void go() {
    if (workload_.stop) return;
    switch (random_.below(4)) {
      case 0:
        leave();
        stay_away(host_, workload_, random_);
        break;
      case 1:  // vanishes
        if (is_static() && member_.generation() >= 0) before_.emplace(member_);
        member_.forget();
        stay_away(host_, workload_, random_);
        break;
      case 2:  // is silent, then continues as if nothing had happened
        host_.clock().sleep_for(milliseconds(random_.between(1, 2 * session_timeout.count())));
        if (!own_.empty() && member_.generation() >= 0) commit(member_);
        break;
      default: break;
    }
  }

  void leave() { (void)member_.leave(); }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  const int number_;
  const std::string group_;
  const std::vector<PartitionName> shared_;
  GroupMember member_;
  std::optional<GroupMember> before_;                      // a static member's previous process, which was replaced
  std::vector<SyncGroupRequest::Assignment> assignments_;  // if it is the leader
  std::set<std::int32_t> own_;
  bool asked_whether_to_die_ = false;
  bool dead_ = false;
};

}  // namespace

void join_groups(Host& host, Workload& workload) {
  Membership(host, workload).live();
}

}  // namespace fulmar
