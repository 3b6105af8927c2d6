// A member of a group whose members speak both protocols, each process the one or the other, so that the group becomes
// a consumer group and a classic group again (KIP-848, online migration). Processes of the classic protocol give up
// everything before they join, or keep what they have until they are told otherwise (cooperative). As other members it
// commits a number for each of its partitions, leaves, vanishes and is silent.
#include <algorithm>

#include "broker/client/consumer_member.h"
#include "broker/client/group_member.h"
#include "broker/protocol/messages/consumer_protocol.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/consumer_sessions.h"
#include "scenarios/group_offsets.h"
#include "scenarios/ownerships.h"

namespace fulmar {

namespace {

// Much longer than a session: nobody who is heard of is out for being slow to join.
constexpr milliseconds rebalance_timeout(20'000);
constexpr const char* protocol = "keeping";
const std::string group = "migrating";

using Partitions = std::set<PartitionName>;

class MigratingLife {
 public:
  MigratingLife(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        cluster_(host, cluster_options(workload, random_.split("cluster"))),
        number_(workload.next_migrating_member++),
        shared_(shared_partitions(workload)),
        owned_(workload, group) {
    for (const auto& [topic, partition] : shared_) topics_.insert(topic);
    ++workload_.living_members[group];
  }

  void live() {
    while (!all_committed_since_stop()) {
      begin();
      while (!is_over()) {
        if (workload_.stop && dies()) return vanish();
        if (beat() && !owned_.empty() && random_.chance(2, 3)) commit();
        if (random_.chance(1, 5)) (void)fetch_offsets(host_, workload_, coordinator(), group, shared_);
        pause(host_, random_, 1000);
      }
      go();
      stay_away(host_, workload_, random_);
    }
    leave();
  }

 private:
  bool dies() {
    if (std::exchange(asked_whether_to_die_, true)) return dead_;
    auto& living = workload_.living_members[group];
    dead_ = living > 1 && random_.chance(1, 2);
    if (dead_) --living;
    return dead_;
  }
  bool all_committed_since_stop() const {
    return workload_.stop && workload_.committed_since_stop[group].size() == shared_.size();
  }
  bool is_over() const { return workload_.stop ? all_committed_since_stop() : host_.clock().now() >= until_; }

  // A process. A static member is the same whichever protocol it speaks.
  void begin() {
    until_ = host_.clock().now() + milliseconds(random_.between(1'000, 20'000));
    std::optional<std::string> instance_id;
    if (number_ % 3 == 1) instance_id = "instance-" + std::to_string(number_);
    if (random_.chance(1, 2)) {
      ConsumerMemberOptions options{group, instance_id, {topics_.begin(), topics_.end()}, {}, {}, rebalance_timeout};
      auto high = random_.next();
      consumer_.emplace(host_, cluster_, std::move(options), Uuid{high, random_.next()});
      return;
    }
    GroupMemberOptions options;
    options.group = group;
    options.instance_id = instance_id;
    options.session_timeout = consumer_session_timeout;
    options.rebalance_timeout = rebalance_timeout;
    classic_.emplace(host_, cluster_, std::move(options));
    cooperative_ = random_.chance(1, 2);
    joined_ = false;
  }
  void go() {
    if (workload_.stop) return;
    switch (random_.below(4)) {
      case 0: vanish(); break;
      case 1:  // is silent, and goes on as if nothing had been
        host_.clock().sleep_for(milliseconds(random_.between(1, 2 * consumer_session_timeout.count())));
        if (!owned_.empty()) commit();
        until_ = host_.clock().now() + milliseconds(random_.between(500, 5'000));
        while (!is_over()) {
          if (beat() && !owned_.empty()) commit();
          pause(host_, random_, 1000);
        }
        break;
      default: break;
    }
    leave();
  }
  void leave() {
    let_go_of_all();
    if (classic_) (void)classic_->leave();
    if (consumer_) (void)consumer_->leave(random_.chance(1, 2));
    vanish();
  }
  void vanish() {
    let_go_of_all();
    classic_.reset();
    consumer_.reset();
  }

  Deadline soon() { return host_.clock().deadline_in(workload_.request_timeout); }
  Answer<Brokers::Connection> coordinator() {
    return classic_ ? classic_->coordinator(soon()) : consumer_->coordinator(soon());
  }

  // -- What it has, in the history.
  void let_go_of_all() { let_go_of_all(host_.clock().now()); }
  void let_go_of_all(Instant at) {
    owned_.give_up_all(at);
    has_.clear();
    has_by_id_.clear();
  }
  // Gives up what it is not to have, and begins with what is its own now. Whether there was something to give up.
  bool take_over(const Partitions& wanted) {
    bool gives_up = !std::ranges::includes(wanted, has_);
    std::set<std::int32_t> places;
    for (std::int32_t place = 0; place < static_cast<std::int32_t>(shared_.size()); ++place)
      if (wanted.contains(shared_[static_cast<std::size_t>(place)])) places.insert(place);
    owned_.change_to(places, classic_ ? classic_->id() : consumer_->id(), host_.clock().now());
    has_ = wanted;
    return gives_up;
  }

  // Whether it is a member, and knows what it is to have.
  bool beat() { return classic_ ? beat_classic() : beat_consumer(); }

  bool beat_consumer() {
    auto asked = host_.clock().now();
    auto heard = consumer_->heartbeat(has_by_id_);
    if (!heard) {
      auto error = heard.error().code;
      if (consumer_->epoch() == 0) let_go_of_all();
      if (error == ErrorCode::fenced_instance_id) until_ = host_.clock().now();
      return false;
    }
    owned_.heard(asked);
    Partitions wanted;
    for (const auto& [id, partitions] : consumer_->assigned()) {
      if (!names_.contains(id)) learn_names();
      auto name = names_.find(id);
      if (name == names_.end()) return false;
      for (auto partition : partitions) wanted.insert({name->second, partition});
    }
    take_over(wanted);
    has_by_id_ = consumer_->assigned();
    return true;
  }
  void learn_names() {
    auto known = cluster_.metadata(std::vector<std::string>(topics_.begin(), topics_.end()));
    if (!known) return;
    for (const auto& topic : known->topics)
      if (topic.name && !topic.topic_id.is_zero()) names_[topic.topic_id] = *topic.name;
  }

  bool beat_classic() {
    if (!joined_) return join();
    auto asked = host_.clock().now();
    auto heard = classic_->heartbeat();
    if (!heard) return failed(heard.error().code);
    owned_.heard(asked);
    return true;
  }

  bool join() {
    if (!cooperative_) let_go_of_all();
    classic_->set_protocols({{protocol, subscription()}});
    auto invoked = host_.clock().now();
    auto joined = classic_->join();
    if (!joined) {
      // If others have joined first, and the group is full, it is out from then on.
      if (joined.error().code == ErrorCode::group_max_size_reached) let_go_of_all(invoked);
      return failed(joined.error().code);
    }
    note_kind(*joined);
    // The others may go on, and the group may become one of consumers, before it knows what it has to give up.
    if (cooperative_ && random_.chance(1, 4)) pause(host_, random_, consumer_session_timeout.count() / 2);
    auto asked = host_.clock().now();
    auto synced = classic_->sync(joined->leads ? share_out(joined->members) : Assignments());
    if (!synced) return failed(synced.error().code);
    owned_.heard(asked);
    Partitions wanted;
    if (auto assignment = read_consumer_assignment(*synced))  // else the leader did not know of it
      for (const auto& topic : assignment->assigned_partitions)
        for (auto partition : topic.partitions) wanted.insert({topic.topic, partition});
    joined_ = !take_over(wanted) || !cooperative_;  // what it has given up is others' once it has said so
    return true;
  }

  void note_kind(const GroupMember::Joined& joined) {
    if (joined.by_coordinator) workload_.marks.reach(Mark::group_upgraded);
    if (joined.leads && std::exchange(workload_.migrating_by_coordinator, false))
      workload_.marks.reach(Mark::group_downgraded);
    if (joined.by_coordinator) workload_.migrating_by_coordinator = true;
  }

  bool failed(ErrorCode error) {
    switch (error) {
      case ErrorCode::rebalance_in_progress: joined_ = false; break;
      case ErrorCode::group_max_size_reached: workload_.marks.reach(Mark::group_full); break;
      case ErrorCode::fenced_instance_id: until_ = host_.clock().now(); [[fallthrough]];
      case ErrorCode::unknown_member_id:
      case ErrorCode::illegal_generation:
        joined_ = false;
        let_go_of_all();
        break;
      default: expect_known(host_, workload_, "a request of a member of either protocol", error);
    }
    return false;
  }

  Bytes subscription() const {
    ConsumerProtocolSubscription said;
    said.topics.assign(topics_.begin(), topics_.end());
    said.generation_id = has_.empty() ? -1 : classic_->generation();
    for (const auto& [topic, partition] : has_) said.owned_partitions.push_back({topic, {partition}});
    return write_consumer_subscription(said, ConsumerProtocolSubscription::schema.max);
  }

  // Members keep what they have, up to a fair share; what is beyond it is nobody's until they have given it up.
  using Assignments = std::vector<SyncGroupRequest::Assignment>;
  Assignments share_out(const std::vector<JoinGroupResponse::Member>& members) const {
    Partitions free;
    for (const auto& topic : topics_)
      for (std::int32_t partition = 0; partition < workload_.topics.at(topic).partitions; ++partition)
        free.insert({topic, partition});
    const auto fair = (free.size() + members.size() - 1) / members.size();
    std::map<std::string, Partitions> shares;
    std::multimap<std::int32_t, std::pair<std::string, PartitionName>, std::greater<>> claims;  // the latest count
    for (const auto& member : members) {
      shares[member.member_id];
      auto said = read_consumer_subscription(member.metadata);
      if (!said) continue;
      for (const auto& topic : said->owned_partitions)
        for (auto partition : topic.partitions)
          claims.insert({said->generation_id, {member.member_id, {topic.topic, partition}}});
    }
    for (const auto& [generation, claim] : claims)
      if (free.erase(claim.second) > 0 && shares[claim.first].size() < fair) shares[claim.first].insert(claim.second);
    for (const auto& partition : free)
      std::ranges::min_element(shares, {}, [](const auto& share) {
        return share.second.size();
      })->second.insert(partition);
    Assignments assignments;
    for (const auto& [member, share] : shares) {
      ConsumerProtocolAssignment assignment;
      for (const auto& [topic, partition] : share) assignment.assigned_partitions.push_back({topic, {partition}});
      assignments.push_back({member, write_consumer_assignment(assignment, 0)});
    }
    return assignments;
  }

  void commit() {
    std::vector<GroupCommit> commits;
    const auto& id = classic_ ? classic_->id() : consumer_->id();
    auto generation = classic_ ? classic_->generation() : consumer_->epoch();
    for (auto place : owned_.partitions()) commits.push_back({group, id, generation, place, workload_.next_commit++});
    bool stopping = workload_.stop;
    auto error = commit_offsets(
        host_, workload_, coordinator(), std::move(commits), shared_,
        [&](const GroupOffsets& offsets) { return classic_ ? classic_->commit(offsets) : consumer_->commit(offsets); });
    if (error == ErrorCode::none && stopping)
      for (auto place : owned_.partitions()) workload_.committed_since_stop[group].insert(place);
    if (classic_ ? !failed(error) && classic_->id().empty() : consumer_->epoch() == 0) let_go_of_all();
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  const int number_;
  const std::vector<PartitionName> shared_;
  std::set<std::string> topics_;
  std::optional<GroupMember> classic_;  // the process is of one or the other
  std::optional<ConsumerMember> consumer_;
  Instant until_;
  bool cooperative_ = false;
  bool joined_ = false;  // of the classic protocol: has its assignment in this generation
  Partitions has_;
  ConsumerMember::Partitions has_by_id_;
  Ownerships owned_;                   // of places in `shared_`
  std::map<Uuid, std::string> names_;  // of topics
  bool asked_whether_to_die_ = false;
  bool dead_ = false;
};

}  // namespace

void join_migrating_group(Host& host, Workload& workload) {
  MigratingLife(host, workload).live();
}

}  // namespace fulmar
