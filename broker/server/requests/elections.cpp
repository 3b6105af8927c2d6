#include "broker/server/requests/elections.h"

#include <algorithm>

#include "broker/protocol/messages/leaders.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration election_max = seconds(5);  // less than the time that a forwarded request is waited for
constexpr Duration look_interval = milliseconds(20);
constexpr Duration consider_partition_work = nanoseconds(500);
constexpr std::int8_t preferred_election = 0;
constexpr std::int8_t unclean_election = 1;

// One ElectLeaders request (KIP-460), on shard 0 of the controller: finds the partitions that should have another
// leader, asks their leaders to transfer the leadership, and waits until they have.
class Election {
 public:
  Election(BrokerShard& controller, const ElectLeadersRequest& request)
      : controller_(controller),
        request_(request),
        image_(controller.image()),
        deadline_(controller.host().clock().deadline_in(
            std::clamp<Duration>(milliseconds(request.timeout_ms), milliseconds(0), election_max))) {}

  ElectLeadersResponse run() {
    if (!controller_.broker().metadata->controls()) {
      response_.error_code = ErrorCode::not_controller;
      return std::move(response_);
    }
    if (request_.election_type != preferred_election && request_.election_type != unclean_election) {
      response_.error_code = ErrorCode::invalid_request;
      if (request_.topics)
        for (const auto& topic : *request_.topics)
          for (auto index : topic.partitions)
            answer(topic.name, index, ErrorCode::invalid_request, "Unknown election type.");
      return std::move(response_);
    }
    if (request_.topics) {
      for (const auto& topic : *request_.topics)
        for (auto index : topic.partitions) consider(topic.name, index);
    } else {
      for (const auto& [name, topic] : image_->topics)
        for (std::int32_t index = 0; index < topic.partition_count(); ++index) consider(name, index);
    }
    for (const auto& [leader, begun] : begun_) ask(leader, begun);
    wait();
    return std::move(response_);
  }

 private:
  struct Begun {
    GroupId group;
    std::int32_t preferred = -1;
    std::size_t topic = 0;  // of its result, in the response
    std::size_t partition = 0;
  };

  void consider(const std::string& name, std::int32_t index) {
    work_in_slices(consider_partition_work);
    const auto* topic = image_->topic(name);
    if (!topic || index < 0 || index >= topic->partition_count())
      return answer(name, index, ErrorCode::unknown_topic_or_partition, "This server does not host this partition.");
    auto leader = controller_.leader_of(*topic, index).broker;
    if (request_.election_type != preferred_election) {
      // A group elects a leader as soon as a majority is up, so that no acknowledged record is lost; there is no other
      // way.
      if (leader >= 0) return not_needed(name, index);
      return answer(name, index, ErrorCode::eligible_leaders_not_available,
                    "A leader is elected as soon as a majority of the replicas is there, and none before.");
    }
    const auto& first = topic->partitions[static_cast<std::size_t>(index)].replicas.front();
    if (leader == first.broker) return not_needed(name, index);
    auto broker = image_->brokers.find(first.broker);
    if (leader < 0 || broker == image_->brokers.end() || !broker->second.may_lead())
      return answer(name, index, ErrorCode::preferred_leader_not_available, "The preferred leader is not available.");
    answer(name, index, ErrorCode::none, std::nullopt);
    begun_[leader].push_back(
        {{topic->id, index}, first.broker, response_.topics.size() - 1, response_.topics.back().partitions.size() - 1});
  }

  // If all partitions are requested, those without anything to do are left out of the response.
  void not_needed(const std::string& name, std::int32_t index) {
    if (request_.topics) answer(name, index, ErrorCode::election_not_needed, "Leader election not needed.");
  }

  void answer(const std::string& name, std::int32_t index, ErrorCode error, std::optional<std::string> message) {
    if (response_.topics.empty() || response_.topics.back().name != name) response_.topics.push_back({name, {}});
    response_.topics.back().partitions.push_back({index, error, std::move(message)});
  }

  ElectLeadersResponse::Topic::Partition& result_of(const Begun& begun) {
    return response_.topics[begun.topic].partitions[begun.partition];
  }

  void ask(std::int32_t leader, const std::vector<Begun>& begun) {
    PreferLeadersRequest request;
    for (const auto& one : begun) request.groups.push_back({one.group.topic, one.group.partition});
    auto address = controller_.peers().address(leader);
    Result<PreferLeadersResponse> said = fail(Errc::unreachable, "its address is not known");
    if (leader == controller_.broker().self.broker)
      said = prefer_leaders(controller_, request);
    else if (address)
      said = controller_.peer_calls().call<PreferLeadersResponse>(*address, request, deadline_);
    for (std::size_t i = 0; i < begun.size(); ++i) {
      auto error = said && i < said->results.size() ? said->results[i].error_code : ErrorCode::leader_not_available;
      result_of(begun[i]).error_code = error;
      if (error != ErrorCode::none) result_of(begun[i]).error_message = "The leader could not hand over.";
    }
  }

  bool under_way(const Begun& begun) {
    if (result_of(begun).error_code != ErrorCode::none) return false;
    const auto* leader = controller_.leaders().find(begun.group);
    return !leader || leader->broker != begun.preferred;
  }

  void wait() {
    auto any_under_way = [&] {
      return std::any_of(begun_.begin(), begun_.end(), [&](const auto& entry) {
        return std::any_of(entry.second.begin(), entry.second.end(), [&](const auto& one) { return under_way(one); });
      });
    };
    while (any_under_way() && controller_.host().clock().now() < deadline_.at)
      controller_.host().clock().sleep_for(look_interval);
    for (const auto& [leader, begun] : begun_)
      for (const auto& one : begun)
        if (under_way(one))
          result_of(one) = {result_of(one).index, ErrorCode::request_timed_out, "It does not lead yet."};
  }

  BrokerShard& controller_;
  const ElectLeadersRequest& request_;
  const MetadataImagePtr image_;
  const Deadline deadline_;
  ElectLeadersResponse response_;
  std::map<std::int32_t, std::vector<Begun>> begun_;  // by leader
};

}  // namespace

PreferLeadersResponse prefer_leaders(BrokerShard& shard, const PreferLeadersRequest& request) {
  PreferLeadersResponse response;
  for (const auto& asked : request.groups) {
    GroupId group{asked.topic_id, asked.partition};
    auto error = shard.on(shard.owner(group.topic, group.partition),
                          [&](BrokerShard& owner) { return owner.leaderships().prefer(group); });
    response.results.push_back({error});
  }
  return response;
}

Result<ByteChain> handle_elect_leaders(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ElectLeadersRequest>());
  auto response = shard.on(0, [&](BrokerShard& controller) { return Election(controller, request).run(); });
  return call.answer(response);
}

}  // namespace fulmar
