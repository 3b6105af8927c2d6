// A client that guards a topic of its own, a group or a transactional id by access control lists, grants everybody
// access, denies it beside that or withdraws it, and tries each time what it may do, once every broker has shown the
// change: to write to the topic and to read it, and some requests of groups and of transactions.
//
// What is guarded has an entry of somebody else: what has no entries is everybody's in these lives. After a change that
// may be made or not, now or later, nothing is known of it any more: the client goes on with another one.
#include <algorithm>
#include <optional>

#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/access_tries.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr int topics_max = 6;  // of a life
constexpr Duration shown_max = seconds(10);
constexpr Duration look_interval = milliseconds(50);
constexpr std::int16_t names_until = 12;  // the last version of Produce and Fetch that names topics
constexpr const char* somebody = "User:somebody";

using Kind = AccessOperation::Kind;

class AccessChanger {
 public:
  AccessChanger(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        everybody_(workload.security.principal()),
        brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

  void live() {
    for (int number = 0; number < topics_max && !workload_.stop;) {
      pause();
      topic_ = "access-" + std::to_string(number);
      if (!make_topic()) continue;
      constexpr AclResourceType types[] = {AclResourceType::topic, AclResourceType::topic, AclResourceType::group,
                                           AclResourceType::transactional_id};
      guarded_ = types[random_.below(std::size(types))];
      guards_topic_ = guarded_ == AclResourceType::topic;
      name_ = guards_topic_ ? topic_ : "guarded-" + std::to_string(number);
      ++number;
      live_with_it();
    }
  }

 private:
  void pause() { fulmar::pause(host_, random_, workload_.plan.setting(settings::access_pace_ms)); }
  Deadline in_time() { return host_.clock().deadline_in(workload_.request_timeout); }

  // Until a change is in doubt.
  void live_with_it() {
    session_.reset();
    constexpr auto allow = AclPermission::allow;
    constexpr auto deny = AclPermission::deny;
    if (!change(Kind::withdraw, 1, [&] { return add(somebody, allow); })) return;
    while (!workload_.stop) {
      try_it();
      pause();
      if (!change(Kind::grant, 2, [&] { return add(everybody_, allow); })) return;
      workload_.marks.reach(Mark::access_granted);
      try_it();
      pause();
      if (random_.chance(1, 2)) {
        const auto denied = random_.chance(1, 2) ? everybody_ : std::string(acl_any_principal);
        if (!change(Kind::withdraw, 3, [&] { return add(denied, deny); })) return;
        workload_.marks.reach(Mark::access_denied_beside_grant);
        try_it();
        pause();
        if (!change(Kind::grant, 2, [&] { return remove(denied, deny); })) return;
        try_it();
        pause();
      }
      if (!change(Kind::withdraw, 1, [&] { return remove(everybody_, allow); })) return;
      workload_.marks.reach(Mark::access_withdrawn);
    }
  }

  // Also finds its leader, while everybody may still see it.
  bool make_topic() {
    if (!create_once(host_, workload_, brokers_, {topic_})) return false;
    auto leader = brokers_.leader_of(topic_, 0, in_time());
    if (leader) leader_ = *leader;
    return leader.has_value();
  }

  std::size_t begin(Kind kind) {
    workload_.history.access_operations.push_back({kind, name_, host_.clock().now(), Instant::max(), Outcome::pending});
    tell_begun(workload_, workload_.history.access_operations.back());
    return workload_.history.access_operations.size() - 1;
  }
  void end(std::size_t index, Outcome outcome) {
    auto& operation = workload_.history.access_operations[index];
    operation.completed = host_.clock().now();
    operation.outcome = outcome;
    tell_ended(workload_, operation);
  }

  // Returns whether it was made, and every broker has shown it: the topic then has that many entries.
  template <class Make>
  bool change(Kind kind, std::size_t entries, const Make& make) {
    auto index = begin(kind);
    const bool shown = make() && shown_by_all(entries);
    end(index, shown ? Outcome::ok : Outcome::unknown);
    return shown;
  }
  bool add(const std::string& principal, AclPermission permission) {
    auto connection = brokers_.any(in_time());
    if (!connection) return false;
    CreateAclsRequest request{
        {{guarded_, name_, AclPatternType::literal, principal, "*", AclOperation::all, permission}}};
    auto response = (*connection)->call<CreateAclsResponse>(request, in_time());
    return response && response->results.size() == 1 && response->results[0].error_code == ErrorCode::none;
  }
  bool remove(const std::string& principal, AclPermission permission) {
    auto connection = brokers_.any(in_time());
    if (!connection) return false;
    DeleteAclsRequest request;
    auto& filter = request.filters.emplace_back();
    filter.resource_type = guarded_;
    filter.resource_name = name_;
    filter.principal = principal;
    filter.permission = permission;
    auto response = (*connection)->call<DeleteAclsResponse>(request, in_time());
    return response && response->results.size() == 1 && response->results[0].error_code == ErrorCode::none;
  }

  bool shown_by(std::int32_t broker, std::size_t entries) {
    auto connection = brokers_.broker(broker, in_time());
    if (!connection) return false;
    DescribeAclsRequest request;
    request.resource_type = guarded_;
    request.resource_name = name_;
    auto response = (*connection)->call<DescribeAclsResponse>(request, in_time());
    if (!response || response->error_code != ErrorCode::none || response->resources.size() != 1) return false;
    return response->resources[0].acls.size() == entries;
  }
  bool shown_by_all(std::size_t entries) {
    const auto give_up = host_.clock().now() + shown_max;
    const auto count = static_cast<std::int32_t>(workload_.plan.setting(settings::brokers));
    for (std::int32_t broker = 1; broker <= count; ++broker)
      while (!shown_by(broker, entries)) {
        if (workload_.stop || host_.clock().now() >= give_up) return false;
        host_.clock().sleep_for(look_interval);
      }
    return true;
  }

  void try_it() {
    if (!guards_topic_) {
      for (auto kind : {Kind::write, Kind::read}) {
        auto index = begin(kind);
        end(index, ask_coordinators());
      }
      return;
    }
    auto writing = begin(Kind::write);
    end(writing, write());
    auto reading = begin(Kind::read);
    end(reading, read());
  }

  // A request about the guarded group or transactional id. Whatever else is wrong with it, it is looked at only if the
  // client may do it.
  Outcome ask_coordinators() {
    const auto brokers = static_cast<std::uint64_t>(workload_.plan.setting(settings::brokers));
    auto connection = brokers_.broker(static_cast<std::int32_t>(random_.below(brokers)) + 1, in_time());
    if (!connection) return Outcome::unknown;
    const bool group = guarded_ == AclResourceType::group;
    auto error = group ? try_group(**connection, name_, topic_, random_, in_time())
                       : try_transactional_id(**connection, name_, topic_, random_, in_time());
    if (!error) return Outcome::unknown;
    const auto denied =
        group ? ErrorCode::group_authorization_failed : ErrorCode::transactional_id_authorization_failed;
    return *error == denied ? Outcome::failed : Outcome::ok;
  }

  static Outcome outcome_of(ErrorCode error) {
    if (error == ErrorCode::none) return Outcome::ok;
    if (error == ErrorCode::topic_authorization_failed) return Outcome::failed;
    return Outcome::unknown;
  }
  // The connection to the leader; it may have moved, which is seen only while everybody may see the topic.
  std::shared_ptr<ClientConnection> leader() {
    if (auto found = brokers_.leader_of(topic_, 0, in_time())) leader_ = *found;
    auto connection = brokers_.broker(leader_, in_time());
    return connection ? *connection : nullptr;
  }
  Outcome write() {
    auto connection = leader();
    if (!connection) return Outcome::unknown;
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 2000;
    request.topics.push_back(
        {topic_, {{0, ByteChain(build_batch({{std::nullopt, "tried", host_.clock().wall_ms(), {}}}))}}});
    auto response = connection->call<ProduceResponse>(request, in_time(), names_until);
    bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
    return answered ? outcome_of(response->topics[0].partitions[0].error_code) : Outcome::unknown;
  }

  // In the fetch session of the try before, if it is there still.
  Outcome read() {
    auto connection = leader();
    if (!connection) return Outcome::unknown;
    const bool goes_on = session_ && session_->connection.lock() == connection;
    FetchRequest request;
    request.max_bytes = 1 << 20;
    if (goes_on) {
      request.session_id = session_->id;
      request.session_epoch = session_->epoch++;
    } else {
      request.session_epoch = 0;
      FetchRequest::Topic::Partition partition;
      partition.index = 0;
      partition.max_bytes = 1 << 20;
      request.topics.push_back({topic_, {}, {partition}});
    }
    auto response = connection->call<FetchResponse>(request, in_time(), names_until);
    if (!response || response->error_code != ErrorCode::none) {
      session_.reset();
      return Outcome::unknown;
    }
    if (!goes_on && response->session_id != 0) session_ = Session{connection, response->session_id, 1};
    // No news of the session, unless nothing was looked for: the client is held back by a quota.
    if (response->topics.empty()) return goes_on && response->throttle_time_ms == 0 ? Outcome::ok : Outcome::unknown;
    return outcome_of(response->topics[0].partitions.at(0).error_code);
  }

  struct Session {
    std::weak_ptr<ClientConnection> connection;
    std::int32_t id;
    std::int32_t epoch;
  };

  Host& host_;
  Workload& workload_;
  Random random_;
  const std::string everybody_;  // the clients' principal
  ClusterClient brokers_;
  std::string topic_;
  AclResourceType guarded_ = AclResourceType::topic;
  bool guards_topic_ = true;
  std::string name_;  // of what is guarded; if that is no topic, everybody may use the topic
  std::int32_t leader_ = -1;
  std::optional<Session> session_;
};

}  // namespace

void change_access(Host& host, Workload& workload) {
  workload.marks.expect(Mark::access_granted);
  workload.marks.expect(Mark::access_withdrawn);
  workload.marks.expect(Mark::access_denied_beside_grant);
  AccessChanger(host, workload).live();
}

}  // namespace fulmar
