// At the end of a life, when the core is healthy and nobody else sends requests: a consumer group (KIP-848) of two
// members, one of which subscribes to a regular expression, does what groups do in their life. Whatever changes, each
// partition of what they subscribe to is soon one member's, and no member that sends heartbeats loses its membership.
//
// Nothing of it is in the history. A coordinator may still move; members then go on with the next one.
#include <algorithm>
#include <functional>

#include "broker/client/consumer_member.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/consumer_sessions.h"
#include "scenarios/groups_in_peace.h"

namespace fulmar {

namespace {

constexpr Duration beat_interval = milliseconds(400);
constexpr Duration settled_max = seconds(10);  // from a change until every partition has its member
// The same, if the change is one of topics that an expression matches: they are looked for every ten seconds.
constexpr Duration matched_max = seconds(25);
constexpr Duration change_max = seconds(10);  // for a change of topics to be made and shown
constexpr int tries_max = 5;

class ConsumersInPeace {
 public:
  ConsumersInPeace(Host& host, Workload& workload, const std::string& name)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        cluster_(host, core_options(workload, random_.split("cluster"))),
        group_(name),
        first_(name + "-first"),
        second_(name + "-second"),
        by_name_(host, cluster_, {group_, {}, {first_}, {}, {}, seconds(60)}, new_id()),
        by_pattern_(host, cluster_, {group_, "returns", {}, group_ + "-.*", {}, seconds(60)}, new_id()) {}

  std::optional<WrongInPeace> live() {
    go_through();
    return wrong_;
  }

 private:
  void go_through() {
    if (!create(first_, 2)) return;
    if (!settles("two members joined", settled_max)) return;
    if (!stays()) return;
    if (!described()) return;
    if (!add_partition() || !settles("a partition was added", settled_max)) return;
    if (!create(second_, 1) || !settles("a topic was made that an expression matches", matched_max)) return;
    if (!commits_once_for_the_second()) return;
    if (!remove(second_) || !create(second_, 1)) return;
    if (!settles("a topic was made again", matched_max)) return;
    if (!forgets_the_second()) return;
    if (!returns() || !settles("a static member came back", settled_max)) return;
    (void)by_name_.leave(false);
    by_name_here_ = false;
    if (!settles("a member left", settled_max)) return;
    by_name_here_ = true;
    by_name_.forget(new_id());
    if (!settles("a member came back", settled_max)) return;
    by_name_here_ = false;  // it vanishes
    settles("a member vanished", settled_max + consumer_session_timeout);
    (void)by_pattern_.leave(false);
  }

  using Partitions = ConsumerMember::Partitions;

  Uuid new_id() {
    auto high = random_.next();
    return {high, random_.next()};
  }
  bool say(const char* anomaly, const std::string& what) {
    if (!wrong_) wrong_ = {anomaly, what};
    return false;
  }

  // Makes a change of topics; it may have been made by an earlier try already (`done`).
  template <class Response, class Request>
  bool change(const Request& request, ErrorCode done, const std::function<ErrorCode(const Response&)>& told) {
    const auto give_up = host_.clock().now() + change_max;
    std::string last = "no answer";
    while (host_.clock().now() < give_up) {
      auto deadline = host_.clock().deadline_in(workload_.request_timeout);
      auto connection = cluster_.any(deadline);
      if (connection) {
        auto response = (*connection)->template call<Response>(request, deadline);
        auto error = response ? told(*response) : ErrorCode::network_exception;
        if (error == ErrorCode::none || error == done) return true;
        last = error_code_name(error);
      }
      beat_both();
      host_.clock().sleep_for(beat_interval);
    }
    return say("unchanged-topics", "topics can't be changed: " + last);
  }
  bool create(const std::string& name, std::int32_t partitions) {
    CreateTopicsRequest request;
    request.timeout_ms = 2000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    if (!change<CreateTopicsResponse>(request, ErrorCode::topic_already_exists, [](const CreateTopicsResponse& told) {
          return told.topics.size() == 1 ? told.topics[0].error_code : ErrorCode::unknown_server_error;
        }))
      return false;
    return learn(name, partitions);
  }
  bool add_partition() {
    CreatePartitionsRequest request;
    request.timeout_ms = 2000;
    auto wanted = static_cast<std::int32_t>(wanted_[first_].second.size()) + 1;
    request.topics.push_back({first_, wanted, std::nullopt});
    if (!change<CreatePartitionsResponse>(
            request, ErrorCode::invalid_partitions, [](const CreatePartitionsResponse& told) {
              return told.results.size() == 1 ? told.results[0].error_code : ErrorCode::unknown_server_error;
            }))
      return false;
    return learn(first_, wanted);
  }
  bool remove(const std::string& name) {
    DeleteTopicsRequest request;
    request.timeout_ms = 2000;
    request.topic_names = {name};
    request.topics = {{name, {}}};
    if (!change<DeleteTopicsResponse>(
            request, ErrorCode::unknown_topic_or_partition, [](const DeleteTopicsResponse& told) {
              return told.responses.size() == 1 ? told.responses[0].error_code : ErrorCode::unknown_server_error;
            }))
      return false;
    last_id_ = wanted_[name].first;
    wanted_.erase(name);
    return true;
  }
  // Learns the topic's id, once it is shown.
  bool learn(const std::string& name, std::int32_t partitions) {
    const auto give_up = host_.clock().now() + change_max;
    while (host_.clock().now() < give_up) {
      auto known = cluster_.metadata(std::vector{name});
      if (known && known->topics.size() == 1 && !known->topics[0].topic_id.is_zero() &&
          known->topics[0].topic_id != last_id_ && std::ssize(known->topics[0].partitions) == partitions) {
        auto& wanted = wanted_[name];
        wanted.first = known->topics[0].topic_id;
        for (std::int32_t index = 0; index < partitions; ++index) wanted.second.insert(index);
        return true;
      }
      beat_both();
      host_.clock().sleep_for(beat_interval);
    }
    return say("unchanged-topics", "topic " + name + " is not shown in time");
  }

  // A heartbeat, with all that the member was assigned. Only while it joins anew may its membership be refused.
  void beat(ConsumerMember& member) {
    auto joins = member.epoch() == 0;
    auto heard = member.heartbeat(member.assigned());
    if (heard || joins || is_retriable(heard.error().code)) return;
    if (lost_.empty()) lost_ = error_code_name(heard.error().code);
  }
  void beat_both() {
    if (wanted_.empty()) return;
    if (by_name_here_) beat(by_name_);
    beat(by_pattern_);
  }
  bool still_members() {
    return lost_.empty() || say("member-out", "a member that sends heartbeats is not one any more: " + lost_);
  }

  // Whether each partition is assigned once, to a member that may have it.
  bool is_settled() const {
    Partitions left;
    for (const auto& [name, topic] : wanted_) left[topic.first] = topic.second;
    auto take = [&](const ConsumerMember& member, bool only_first) {
      for (const auto& [id, partitions] : member.assigned()) {
        if (only_first && id != wanted_.at(first_).first) return false;
        auto topic = left.find(id);
        for (auto partition : partitions)
          if (topic == left.end() || topic->second.erase(partition) == 0) return false;
      }
      return member.epoch() > 0;
    };
    if (by_name_here_ && !take(by_name_, true)) return false;
    if (!take(by_pattern_, false)) return false;
    return std::ranges::all_of(left, [](const auto& topic) { return topic.second.empty(); });
  }
  bool settles(const std::string& after, Duration limit) {
    const auto give_up = host_.clock().now() + limit;
    do {
      beat_both();
      if (!still_members()) return false;
      if (is_settled()) return true;
      host_.clock().sleep_for(beat_interval);
    } while (host_.clock().now() < give_up);
    return say("unassigned-partition", "after " + after + " not every partition is assigned to one member in time");
  }
  // For longer than a session, while nothing changes.
  bool stays() {
    const auto until = host_.clock().now() + consumer_session_timeout + 2 * consumer_heartbeat_interval;
    while (host_.clock().now() < until) {
      beat_both();
      if (!still_members()) return false;
      host_.clock().sleep_for(beat_interval);
    }
    return settles("a while", settled_max);
  }

  // What the coordinator tells an operator about the group is what the members know.
  bool described() {
    std::string wrong;
    for (int tries = 0; tries < tries_max; ++tries) {
      wrong = misdescription();
      if (wrong.empty()) return true;
      if (!settles("a look at the group", settled_max)) return false;
      host_.clock().sleep_for(beat_interval);
    }
    return say("undescribed", "several times the group is described as what it is not: " + wrong);
  }
  std::string misdescription() {
    auto told = describe_consumer_group(cluster_, group_);
    if (!told) return to_string(told.error());
    std::string wrong;
    if (told->group_state != "Stable") wrong = "it is " + told->group_state;
    if (told->members.size() != 2) wrong = "it has " + std::to_string(told->members.size()) + " members";
    for (const auto& member : told->members) {
      const auto& is = member.member_id == by_name_.id() ? by_name_ : by_pattern_;
      Partitions assigned;
      for (const auto& topic : member.assignment.topic_partitions)
        assigned[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
      if (member.member_id != is.id()) wrong = "a member is unknown";
      if (assigned != is.assigned()) wrong = "an assignment is another one";
      if (member.member_epoch != is.epoch()) wrong = "a member's epoch is another one";
      if (member.instance_id.has_value() != (&is == &by_pattern_)) wrong = "an instance is wrong";
      if (member.client_id != cluster_.options().client_id) wrong = "a client's id is wrong";
      const bool names = member.subscribed_topic_names == std::vector<std::string>{first_};
      if (names != (&is == &by_name_)) wrong = "a subscription is wrong";
    }
    return wrong;
  }

  template <class Response, class Request>
  Answer<Response> ask(const Request& request, std::int16_t version_max = 32767) {
    return cluster_.retry([&](Deadline deadline) -> Answer<Response> {
      FULMAR_TRY(auto id, cluster_.coordinator_of(group_, deadline));
      FULMAR_TRY(auto connection, cluster_.broker(id, deadline));
      FULMAR_TRY(auto response, connection->template call<Response>(request, deadline, version_max));
      return response;
    });
  }
  bool commits_once_for_the_second() {
    const PartitionName place(second_, 0);
    auto committed = by_pattern_.commit({{place, 1}});
    for (int tries = 0; tries < tries_max && !(committed && committed->at(place) == ErrorCode::none); ++tries) {
      beat_both();
      host_.clock().sleep_for(beat_interval);
      committed = by_pattern_.commit({{place, 1}});
    }
    if (!committed) return say("uncommitted", "a member can't commit: " + to_string(committed.error()));
    if (committed->at(place) != ErrorCode::none)
      return say("uncommitted", std::string("a member can't commit: ") + error_code_name(committed->at(place)));
    beat_both();
    auto deleted = ask<OffsetDeleteResponse>(OffsetDeleteRequest{group_, {{second_, {{0}}}}});
    const bool answered = deleted && deleted->error_code == ErrorCode::none && deleted->topics.size() == 1 &&
                          deleted->topics[0].partitions.size() == 1;
    // An answer that the coordinator has just moved says nothing.
    if (!answered || is_retriable(deleted->topics[0].partitions[0].error_code)) return true;
    return deleted->topics[0].partitions[0].error_code == ErrorCode::group_subscribed_to_topic ||
           say("deleted-in-use", "the offset of a topic that a member is subscribed to can be deleted");
  }
  // What was committed for a topic goes with it, before the next topic of its name is used.
  bool forgets_the_second() {
    const auto give_up = host_.clock().now() + settled_max;
    for (;;) {
      auto known = committed_offsets(cluster_, group_);
      if (known && !known->contains({second_, 0})) return true;
      if (host_.clock().now() >= give_up)
        return say("inherited-offset", known
                                           ? "a topic has the offset that was committed for a deleted topic of its name"
                                           : "offsets can't be fetched: " + to_string(known.error()));
      beat_both();
      host_.clock().sleep_for(beat_interval);
    }
  }
  // The static member leaves for a while, and another process comes in its place.
  bool returns() {
    (void)by_pattern_.leave(true);
    by_pattern_.forget(new_id());
    if (by_name_here_) beat(by_name_);
    host_.clock().sleep_for(beat_interval);
    return true;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  const std::string group_, first_, second_;  // the group, and the names of its topics
  ConsumerMember by_name_;                    // subscribes to the first topic
  ConsumerMember by_pattern_;                 // to both; static
  bool by_name_here_ = true;
  std::map<std::string, std::pair<Uuid, std::set<std::int32_t>>> wanted_;  // id and partitions, by name
  Uuid last_id_;                                                           // of the topic that was deleted last
  std::optional<WrongInPeace> wrong_;
  std::string lost_;  // why a member lost its membership
};

}  // namespace

std::optional<WrongInPeace> consumers_in_peace(Host& host, Workload& workload, const std::string& name) {
  return ConsumersInPeace(host, workload, name).live();
}

}  // namespace fulmar
