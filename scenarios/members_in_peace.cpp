// At the end of a life, when the core is healthy and nobody else sends requests: three members of a group under the
// classic protocol join, leave, come back and vanish. One takes long to join again, but less than its rebalance
// timeout. Whatever happens, the members that are there soon have all partitions among them, in one generation, and
// none that sends heartbeats loses its membership.
#include <algorithm>
#include <memory>
#include <vector>

#include "broker/client/group_member.h"
#include "broker/protocol/messages/consumer_protocol.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/groups_in_peace.h"

namespace fulmar {

namespace {

constexpr milliseconds session_timeout(6000);
constexpr milliseconds short_rebalance_timeout(2000);
constexpr milliseconds long_rebalance_timeout(20'000);
constexpr Duration slow_to_join = milliseconds(4500);  // between the two
constexpr Duration beat_interval = milliseconds(400);
constexpr Duration settled_max = seconds(15);  // from a change until the members there have all partitions
constexpr std::int32_t partitions = 6;

// One member. Its fiber joins and sends heartbeats until it is told to go.
class Member {
 public:
  Member(Host& host, ClusterClient& cluster, const std::string& group, bool slow)
      : host_(host), slow_(slow), member_(host, cluster, options(group, slow)) {}

  enum class Goes : std::uint8_t { nowhere, leaves, vanishes };

  // Before live().
  void begin() {
    goes_ = Goes::nowhere;
    here_ = true;
  }
  void live() {
    while (goes_ == Goes::nowhere) {
      if (!join_and_sync()) host_.clock().sleep_for(beat_interval);
      while (goes_ == Goes::nowhere && has_joined_) {
        host_.clock().sleep_for(beat_interval);
        auto heard = member_.heartbeat();
        if (!heard) note(heard.error().code);
      }
    }
    if (goes_ == Goes::leaves) (void)member_.leave();
    member_.forget();
    has_joined_ = here_ = false;
  }
  void go(Goes goes) { goes_ = goes; }

  bool here() const { return here_; }
  bool joined() const { return has_joined_; }
  bool leads() const { return leads_; }
  const std::string& id() const { return member_.id(); }
  std::int32_t generation() const { return member_.generation(); }
  const std::set<std::int32_t>& own() const { return own_; }
  const std::string& lost() const { return lost_; }

 private:
  static GroupMemberOptions options(const std::string& group, bool slow) {
    GroupMemberOptions options;
    options.group = group;
    ConsumerProtocolSubscription said;
    said.topics = {"in-peace"};
    options.protocols = {{"in turn", write_consumer_subscription(said, ConsumerProtocolSubscription::schema.max)}};
    options.session_timeout = session_timeout;
    options.rebalance_timeout = slow ? long_rebalance_timeout : short_rebalance_timeout;
    return options;
  }

  // What an answer says about its membership. Errors that may pass say nothing; the group's number may be used again
  // then, see checkers/groups.cpp.
  void note(ErrorCode error) {
    if (is_retriable(error)) return;
    has_joined_ = false;
    if (error == ErrorCode::rebalance_in_progress) return wait_if_slow();
    if (lost_.empty()) lost_ = error_code_name(error);
  }
  // It goes on sending heartbeats meanwhile.
  void wait_if_slow() {
    const auto until = host_.clock().now() + (slow_ ? slow_to_join : Duration(0));
    while (goes_ == Goes::nowhere && host_.clock().now() < until) {
      host_.clock().sleep_for(beat_interval);
      auto heard = member_.heartbeat();
      if (!heard && !is_retriable(heard.error().code) && heard.error().code != ErrorCode::rebalance_in_progress &&
          lost_.empty())
        lost_ = error_code_name(heard.error().code);
    }
  }

  bool join_and_sync() {
    auto joined = member_.join();
    if (!joined) {
      note(joined.error().code);
      return false;
    }
    leads_ = joined->leads;
    std::vector<SyncGroupRequest::Assignment> assignments;
    for (std::size_t n = 0; n < joined->members.size(); ++n) {
      ConsumerProtocolAssignment share;
      auto& topic = share.assigned_partitions.emplace_back();
      topic.topic = "in-peace";
      for (auto partition = static_cast<std::int32_t>(n); partition < partitions;
           partition += static_cast<std::int32_t>(joined->members.size()))
        topic.partitions.push_back(partition);
      assignments.push_back({joined->members[n].member_id, write_consumer_assignment(share, 0)});
    }
    auto synced = member_.sync(std::move(assignments));
    if (!synced) {
      note(synced.error().code);
      return false;
    }
    own_.clear();
    if (auto share = read_consumer_assignment(*synced))
      for (const auto& topic : share->assigned_partitions)
        own_.insert(topic.partitions.begin(), topic.partitions.end());
    return has_joined_ = true;
  }

  Host& host_;
  const bool slow_;
  GroupMember member_;
  Goes goes_ = Goes::nowhere;
  bool here_ = false;
  bool has_joined_ = false;  // and has its assignment in this generation
  bool leads_ = false;
  std::set<std::int32_t> own_;
  std::string lost_;  // why it lost its membership
};

class MembersInPeace {
 public:
  MembersInPeace(Host& host, Workload& workload, const std::string& name)
      : host_(host),
        random_(host.entropy().stream()),
        cluster_(host, core_options(workload, random_.split("cluster"))),
        group_(name),
        goes_soon_(workload.history.offsets_kept.has_value()) {
    for (int number = 0; number < 3; ++number) {
      // A join delays all later responses of its connection.
      clusters_.push_back(std::make_unique<ClusterClient>(
          host, core_options(workload, random_.split("member " + std::to_string(number)))));
      members_.push_back(std::make_unique<Member>(host, *clusters_.back(), group_, number == 0));
    }
  }

  std::optional<WrongInPeace> live() {
    for (auto& member : members_) begin(*member);
    go_through();
    for (auto& member : members_) member->go(Member::Goes::leaves);
    if (!wrong_ && come_true([this] { return nobody_is_here(); })) ends();
    fibers_.cancel();
    fibers_.join();
    return wrong_;
  }

 private:
  void begin(Member& member) {
    member.begin();
    fibers_.spawn("member in peace", [&member] { member.live(); });
  }

  void go_through() {
    if (!settles("all joined")) return;
    host_.clock().sleep_for(session_timeout + seconds(2));
    if (!settles("a while") || !described()) return;
    auto& leaver = *follower();
    leaver.go(Member::Goes::leaves);
    if (!come_true([&] { return !leaver.here(); }) || !settles("a member that does not lead left")) return;
    begin(leaver);
    if (!settles("a member came back")) return;
    auto& other = *follower();
    other.go(Member::Goes::vanishes);
    if (!come_true([&] { return !other.here(); })) return;
    settles("a member vanished");
  }

  bool say(const char* anomaly, const std::string& what) {
    if (!wrong_) wrong_ = {anomaly, what};
    return false;
  }
  template <class Holds>
  bool come_true(const Holds& holds) {
    const auto give_up = host_.clock().now() + settled_max + session_timeout;
    while (!holds()) {
      if (host_.clock().now() >= give_up) return say("member-stuck", "a member gets no answer in time");
      host_.clock().sleep_for(beat_interval);
    }
    return true;
  }
  bool nobody_is_here() const {
    return std::ranges::none_of(members_, [](const auto& member) { return member->here(); });
  }
  // A fast member that is there and does not lead.
  Member* follower() {
    auto& first = *members_[1];
    return first.here() && !first.leads() ? &first : members_[2].get();
  }

  bool is_settled() const {
    std::set<std::int32_t> all;
    std::set<std::int32_t> generations;
    for (const auto& member : members_) {
      if (!member->here()) continue;
      if (!member->joined()) return false;
      generations.insert(member->generation());
      for (auto partition : member->own())
        if (!all.insert(partition).second) return false;
    }
    return generations.size() == 1 && all.size() == static_cast<std::size_t>(partitions);
  }
  bool settles(const std::string& after) {
    const auto give_up = host_.clock().now() + settled_max + session_timeout;
    for (;;) {
      for (const auto& member : members_)
        if (!member->lost().empty())
          return say("member-out", "a member that sends heartbeats is not one any more: " + member->lost());
      if (is_settled()) return true;
      if (host_.clock().now() >= give_up)
        return say("unassigned-partition",
                   "after " + after + " not every partition is assigned to one of the members in time");
      host_.clock().sleep_for(beat_interval);
    }
  }

  // What the coordinator tells an operator is what the members know; and nobody else commits while they are there.
  bool described() {
    auto told = describe_group(cluster_, group_);
    if (!told) return say("undescribed", "the group can't be described: " + to_string(told.error()));
    std::string wrong;
    if (told->group_state != "Stable") wrong = "it is " + told->group_state;
    if (told->members.size() != members_.size()) wrong = "it has " + std::to_string(told->members.size()) + " members";
    for (const auto& member : told->members) {
      auto is = std::ranges::find(members_, member.member_id, [](const auto& one) { return one->id(); });
      if (is == members_.end()) return say("undescribed", "a member is told that is none");
      std::set<std::int32_t> own;
      if (auto share = read_consumer_assignment(member.member_assignment))
        for (const auto& topic : share->assigned_partitions)
          own.insert(topic.partitions.begin(), topic.partitions.end());
      if (own != (*is)->own()) wrong = "an assignment is another one";
      if (member.client_id != cluster_.options().client_id) wrong = "a client's id is wrong";
    }
    if (!listed("Stable")) wrong = "it is not listed as what it is";
    if (listed("Empty")) wrong = "it is listed as what it is not";
    return wrong.empty() || say("undescribed", "the group is described as what it is not: " + wrong);
  }
  // Whether its coordinator lists it among the classic groups in that state.
  bool listed(const std::string& state) {
    auto listed = cluster_.retry([&](Deadline deadline) -> Answer<ListGroupsResponse> {
      FULMAR_TRY(auto id, cluster_.coordinator_of(group_, deadline));
      FULMAR_TRY(auto connection, cluster_.broker(id, deadline));
      FULMAR_TRY(auto response,
                 connection->call<ListGroupsResponse>(ListGroupsRequest{{state}, {"classic"}}, deadline));
      return response;
    });
    return listed && std::ranges::any_of(listed->groups, [&](const auto& group) {
             return group.group_id == group_ && group.group_state == state;
           });
  }

  // All have left.
  void ends() {
    auto told = describe_group(cluster_, group_);
    // Where offsets expire soon, groups without any go soon too.
    if (!told && told.error().code == ErrorCode::group_id_not_found && goes_soon_) return;
    if (!told || told->group_state != "Empty" || !told->members.empty() || (!listed("Empty") && !goes_soon_))
      return void(say("undescribed", "a group without members is not described as empty"));
    if (auto deleted = delete_group(cluster_, group_); !deleted && !goes_soon_)
      return void(say("undeleted-group", "a group without members can't be deleted: " + to_string(deleted.error())));
    if (describe_group(cluster_, group_)) say("undeleted-group", "a deleted group is described");
  }

  Host& host_;
  Random random_;
  ClusterClient cluster_;
  const std::string group_;
  const bool goes_soon_;                                  // once it is empty
  std::vector<std::unique_ptr<ClusterClient>> clusters_;  // of one member each
  std::vector<std::unique_ptr<Member>> members_;          // the first is slow
  FiberGroup fibers_;
  std::optional<WrongInPeace> wrong_;
};

}  // namespace

std::optional<WrongInPeace> members_in_peace(Host& host, Workload& workload, const std::string& name) {
  return MembersInPeace(host, workload, name).live();
}

}  // namespace fulmar
