// A member of a consumer group (KIP-848), static or not. It takes the partitions that it is assigned, gives up at once
// those that are revoked, and commits a number for each of them, again and again. Sometimes it leaves, for good or for
// a while, vanishes without leaving, or is silent for longer than its session. At the end some vanish for good, and the
// other members of their groups have to commit for all partitions once more.
#include <algorithm>

#include "broker/client/consumer_member.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/consumer_sessions.h"
#include "scenarios/group_offsets.h"
#include "scenarios/ownerships.h"

namespace fulmar {

namespace {

// long: no member is removed for slow revocation, since all revoke at once
constexpr milliseconds rebalance_timeout(60'000);
constexpr int groups = 2;

class ConsumerLife {
 public:
  ConsumerLife(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        cluster_(host, cluster_options(workload, random_.split("cluster"))),
        number_(workload.next_consumer_member++),
        group_("consumers-" + std::to_string(number_ % groups)),
        shared_(shared_partitions(workload)),
        member_(host, cluster_, options(number_, group_, shared_), new_id()),
        owned_(workload, group_) {
    ++workload_.living_members[group_];
  }

  void live() {
    while (!all_committed_since_stop()) {
      if (workload_.stop && dies()) return vanish();
      if (beat()) be_a_member();
      if (!all_committed_since_stop()) pause(host_, random_, 500);
    }
    leave(false);
  }

 private:
  using Partitions = ConsumerMember::Partitions;

  static ConsumerMemberOptions options(int number, const std::string& group, const std::vector<PartitionName>& shared) {
    ConsumerMemberOptions options;
    options.group = group;
    if (number % 3 == 1) options.instance_id = "instance-" + std::to_string(number);
    for (const auto& [topic, partition] : shared)
      if (options.topics.empty() || options.topics.back() != topic) options.topics.push_back(topic);
    if (number % 4 == 3) options.assignor = "range";
    options.rebalance_timeout = rebalance_timeout;
    return options;
  }

  Uuid new_id() {
    auto high = random_.next();
    return {high, random_.next()};
  }

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

  void let_go_of_all() {
    owned_.give_up_all(host_.clock().now());
    has_.clear();
  }

  // Sends a heartbeat; returns whether it is a member.
  bool beat() {
    auto asked = host_.clock().now();
    auto heard = member_.heartbeat(has_);
    if (!heard) {
      auto error = heard.error().code;
      expect_known(host_, workload_, "ConsumerGroupHeartbeat", error);
      if (error == ErrorCode::not_coordinator) workload_.marks.reach(Mark::group_coordinator_moved);
      if (member_.epoch() == 0) let_go_of_all();
      if (error == ErrorCode::fenced_member_epoch || error == ErrorCode::unknown_member_id)
        workload_.marks.reach(Mark::consumer_fenced);
      if (error == ErrorCode::group_max_size_reached) workload_.marks.reach(Mark::group_full);
      if (error == ErrorCode::fenced_instance_id) vanish();
      return false;
    }
    owned_.heard(asked);
    return take_over();
  }

  // Gives up revoked partitions, and begins with new ones. Returns false if it can't tell which these are.
  bool take_over() {
    auto wanted = places_of(member_.assigned());
    if (!wanted) return false;
    workload_.marks.reach(Mark::consumer_gave_up, owned_.change_to(*wanted, member_.id(), host_.clock().now()));
    if (!wanted->empty()) workload_.marks.reach(Mark::consumer_assigned);
    has_ = member_.assigned();
    return true;
  }

  // As indexes in the list of shared partitions; other partitions of these topics are ignored.
  std::optional<std::set<std::int32_t>> places_of(const Partitions& assigned) {
    std::set<std::int32_t> places;
    for (const auto& [id, partitions] : assigned) {
      if (!names_.contains(id)) learn_names();
      auto name = names_.find(id);
      if (name == names_.end()) return std::nullopt;
      for (auto partition : partitions) {
        auto place = std::ranges::find(shared_, PartitionName(name->second, partition));
        if (place != shared_.end()) places.insert(static_cast<std::int32_t>(place - shared_.begin()));
      }
    }
    return places;
  }
  void learn_names() {
    std::vector<std::string> topics;
    for (const auto& [topic, partition] : shared_) topics.push_back(topic);
    auto known = cluster_.metadata(topics);
    if (!known) return;
    for (const auto& topic : known->topics)
      if (topic.name && !topic.topic_id.is_zero()) names_[topic.topic_id] = *topic.name;
  }

  void be_a_member() {
    auto until = host_.clock().now() + milliseconds(random_.between(500, 15'000));
    while (!all_committed_since_stop() && (workload_.stop || host_.clock().now() < until)) {
      if (workload_.stop && dies()) return;
      if (!owned_.empty() && random_.chance(2, 3) && !commit()) return;
      if (random_.chance(1, 5)) (void)fetch_offsets(host_, workload_, member_.coordinator(soon()), group_, shared_);
      pause(host_, random_, 1000);
      if (!beat()) return;
    }
    go();
  }

  Deadline soon() { return host_.clock().deadline_in(workload_.request_timeout); }

  bool commit() {
    std::vector<GroupCommit> commits;
    for (auto partition : owned_.partitions())
      commits.push_back({group_, member_.id(), member_.epoch(), partition, workload_.next_commit++});
    bool stopping = workload_.stop;
    auto error = commit_offsets(host_, workload_, member_.coordinator(soon()), std::move(commits), shared_,
                                [&](const GroupOffsets& offsets) { return member_.commit(offsets); });
    if (error == ErrorCode::none && stopping)
      for (auto partition : owned_.partitions()) workload_.committed_since_stop[group_].insert(partition);
    if (member_.epoch() == 0) {
      workload_.marks.reach(Mark::consumer_fenced);
      let_go_of_all();
    }
    return error == ErrorCode::none;
  }

  void go() {
    if (workload_.stop) return;
    switch (random_.below(4)) {
      case 0:
        leave(random_.chance(1, 2));
        stay_away(host_, workload_, random_);
        break;
      case 1:
        vanish();
        stay_away(host_, workload_, random_);
        break;
      case 2:  // is silent, then continues as if nothing had happened
        host_.clock().sleep_for(milliseconds(random_.between(1, 2 * consumer_session_timeout.count())));
        if (!owned_.empty()) commit();
        break;
      default: break;
    }
  }

  void leave(bool to_be_back) {
    let_go_of_all();
    (void)member_.leave(to_be_back);
    member_.forget(new_id());
  }
  void vanish() {
    let_go_of_all();
    member_.forget(new_id());
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  const int number_;
  const std::string group_;
  const std::vector<PartitionName> shared_;
  ConsumerMember member_;
  std::map<Uuid, std::string> names_;  // of topics, by id
  Partitions has_;
  Ownerships owned_;
  bool asked_whether_to_die_ = false;
  bool dead_ = false;
};

}  // namespace

void join_consumer_groups(Host& host, Workload& workload) {
  ConsumerLife(host, workload).live();
}

}  // namespace fulmar
