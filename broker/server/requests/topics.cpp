#include "broker/server/requests/topics.h"

#include <algorithm>
#include <expected>

#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/reader.h"
#include "broker/server/controller/assignment.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/forward.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/mutation_quota.h"
#include "broker/server/requests/request.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::int32_t partitions_max = 100'000;  // of one topic; each takes a directory
// What one request may ask for: a few bytes of it stand for as much as the controller keeps of that many partitions,
// and for all properties of each topic in the response. Kafka's limit is 10,000 partitions.
constexpr std::int32_t request_partitions_max = partitions_max;
constexpr std::size_t request_topics_max = 10'000;

// The cost of planning a topic, and of what a client says of each partition; see slices.h.
constexpr Duration plan_topic_work = microseconds(20);
constexpr Duration plan_partition_work = nanoseconds(500);

// The first versions whose clients know THROTTLING_QUOTA_EXCEEDED.
constexpr std::int16_t create_strict_since = 6;
constexpr std::int16_t add_strict_since = 3;

constexpr Duration led_on_demand_max = seconds(1);
constexpr const char* topic_denied_message = "Topic authorization failed.";

using CreateResult = CreateTopicsResponse::Topic;

// Topics whose names differ only in '.' and '_': their metrics would have the same name.
class Collisions {
 public:
  explicit Collisions(const MetadataImage& image) {
    for (const auto& [name, topic] : image.topics) add(name);
  }
  // The other topic; null if there is none.
  const std::string* find(const std::string& name) const {
    auto found = by_plain_name_.find(plain(name));
    return found == by_plain_name_.end() || found->second == name ? nullptr : &found->second;
  }
  void add(const std::string& name) {
    if (name.find_first_of("._") != std::string::npos) by_plain_name_.emplace(plain(name), name);
  }

 private:
  static std::string plain(std::string text) {
    std::replace(text.begin(), text.end(), '.', '_');
    return text;
  }
  std::map<std::string, std::string> by_plain_name_;
};

void refuse(CreateResult& result, ErrorCode code, std::string message) {
  result.error_code = code;
  result.error_message = std::move(message);
}

// Of a topic that was created by a client that may not see its configuration (KIP-525).
void hide_configs(CreateResult& result) {
  if (result.error_code != ErrorCode::none) return;
  result.topic_config_error_code = ErrorCode::topic_authorization_failed;
  result.num_partitions = -1;
  result.replication_factor = -1;
  result.configs.reset();
}

// What a request has planned so far.
struct Planned {
  explicit Planned(const MetadataImage& image) : names(image) {}

  // Whether so many partitions more are not too many for one request; if so, they count.
  bool has_room(std::int32_t more) {
    if (topics == request_topics_max || more > request_partitions_max - partitions) return false;
    ++topics;
    partitions += more;
    return true;
  }

  Collisions names;
  MutationQuota* quota = nullptr;  // of the client; null: it is the broker that asks
  std::size_t topics = 0;
  std::int32_t partitions = 0;
};

constexpr const char* too_many_message = "Excessively large number of topics or partitions per request.";

// Checks one topic of a CreateTopics request, and adds it to the draft if it is allowed.
void plan_topic(Draft& draft, Planned& planned, const CreateTopicsRequest::Topic& asked, CreateResult& result) {
  const auto& next = draft.image;
  result.name = asked.name;
  if (!draft.controls()) return refuse(result, ErrorCode::not_controller, no_controller_message);
  if (asked.name == metadata_topic_name)
    return refuse(result, ErrorCode::invalid_request, "Creation of internal topic " + asked.name + " is prohibited.");
  if (auto wrong = invalid_topic_name(asked.name))
    return refuse(result, ErrorCode::invalid_topic_exception, "Topic name is invalid: " + *wrong);
  if (next.topic(asked.name))
    return refuse(result, ErrorCode::topic_already_exists, "Topic '" + asked.name + "' already exists.");
  if (const auto* other = planned.names.find(asked.name))
    return refuse(result, ErrorCode::invalid_topic_exception,
                  "Topic '" + asked.name + "' collides with existing topic: " + *other);

  const auto& config = draft.shard.config();
  std::int32_t partitions = asked.num_partitions;
  std::vector<PartitionImage> placed;
  if (!asked.assignments.empty()) {
    if (asked.num_partitions != -1 || asked.replication_factor != -1)
      return refuse(result, ErrorCode::invalid_request,
                    "num_partitions and replication_factor must be -1 where assignments are given");
    partitions = static_cast<std::int32_t>(asked.assignments.size());
    if (!planned.has_room(partitions)) return refuse(result, ErrorCode::policy_violation, too_many_message);
    std::vector<bool> seen(asked.assignments.size());
    for (const auto& assignment : asked.assignments) {
      bool fits = assignment.partition_index >= 0 && assignment.partition_index < partitions;
      if (!fits || seen[static_cast<std::size_t>(assignment.partition_index)])
        return refuse(result, ErrorCode::invalid_replica_assignment, "partitions must be numbered from 0, each once");
      seen[static_cast<std::size_t>(assignment.partition_index)] = true;
    }
    placed.resize(asked.assignments.size());
    for (const auto& assignment : asked.assignments) {
      work_in_slices(plan_partition_work);
      auto replicas = assigned_replicas(draft.image, assignment.broker_ids);
      if (!replicas) return refuse(result, ErrorCode::invalid_replica_assignment, replicas.error());
      placed[static_cast<std::size_t>(assignment.partition_index)] = {std::move(*replicas)};
    }
    auto factor = placed.empty() ? 0 : placed.front().replicas.size();
    for (const auto& partition : placed)
      if (partition.replicas.size() != factor)
        return refuse(result, ErrorCode::invalid_replica_assignment, "all partitions must have as many replicas");
  } else {
    // -1 is the default (KIP-464), in every version: clients send it in old ones too, and Kafka accepts that.
    if (partitions == -1) partitions = config.num_partitions;
    if (partitions <= 0)
      return refuse(result, ErrorCode::invalid_partitions, "Number of partitions must be larger than 0.");
    if (partitions > partitions_max)
      return refuse(result, ErrorCode::invalid_partitions,
                    "more than " + std::to_string(partitions_max) + " partitions");
    if (!planned.has_room(partitions)) return refuse(result, ErrorCode::policy_violation, too_many_message);
    std::int32_t factor = asked.replication_factor == -1 ? config.replication_factor : asked.replication_factor;
    auto chosen = placed_replicas(draft, partitions, factor);
    if (!chosen) return refuse(result, ErrorCode::invalid_replication_factor, chosen.error());
    placed = std::move(*chosen);
  }

  Properties configs;
  for (const auto& entry : asked.configs) {
    if (!entry.value)
      return refuse(result, ErrorCode::invalid_config, "Null value not supported for topic configs: " + entry.name);
    configs.insert_or_assign(entry.name, *entry.value);
  }
  auto checked = checked_topic_properties(configs);
  if (!checked) return refuse(result, ErrorCode::invalid_config, checked.error().detail);

  if (planned.quota && !planned.quota->admits(placed.size()))
    return refuse(result, ErrorCode::throttling_quota_exceeded, MutationQuota::exceeded_message);
  TopicImage topic{random_uuid(draft.shard.host().entropy()), placed, std::move(*checked)};
  result.topic_id = topic.id;
  result.num_partitions = partitions;
  result.replication_factor = static_cast<std::int16_t>(topic.partitions.front().replicas.size());
  result.configs.emplace();
  for (const auto& info : topic_properties()) {
    auto in_force = config_values(info, topic.configs, draft.shard.config_layers()).front();
    result.configs->push_back(
        {std::string(info.name), in_force.value, false, static_cast<std::int8_t>(in_force.source), false});
  }
  draft.add(TopicRecord{asked.name, std::move(topic)});
  planned.names.add(asked.name);
}

// The replicas of additional partitions of a topic, with as many replicas each as its first ones.
std::expected<std::vector<PartitionImage>, std::string> added_partitions(Draft& draft, const TopicImage& topic,
                                                                         const CreatePartitionsRequest::Topic& asked) {
  auto factor = topic.partitions.front().replicas.size();
  if (!asked.assignments)
    return placed_replicas(draft, asked.count - topic.partition_count(), static_cast<std::int32_t>(factor));
  std::vector<PartitionImage> added;
  for (const auto& assignment : *asked.assignments) {
    work_in_slices(plan_partition_work);
    auto replicas = assigned_replicas(draft.image, assignment.broker_ids);
    if (!replicas) return std::unexpected(replicas.error());
    if (replicas->size() != factor)
      return std::unexpected("the topic's partitions have " + std::to_string(factor) + " replicas each");
    added.push_back({std::move(*replicas)});
  }
  return added;
}

// The topic of coordinators, with its own settings. Has at most as many replicas as there are registered brokers, alive
// or not.
CreateTopicsRequest::Topic coordinator_topic(const BrokerShard& shard, std::string_view name,
                                             const BrokerConfig::CoordinatorTopic& settings) {
  auto brokers = std::max({shard.config().controllers.size(), shard.image()->brokers.size(), std::size_t{1}});
  CreateTopicsRequest::Topic asked;
  asked.name = name;
  asked.num_partitions = settings.partitions;
  asked.replication_factor =
      static_cast<std::int16_t>(std::min<std::size_t>(static_cast<std::size_t>(settings.replication_factor), brokers));
  // Its records do not expire; a later record of the same key replaces an earlier one.
  asked.configs = {{"cleanup.policy", "compact"},
                   {"retention.ms", "-1"},
                   {"retention.bytes", "-1"},
                   {"segment.bytes", std::to_string(settings.segment_bytes)}};
  if (settings.min_insync > 1)
    asked.configs.push_back(
        {"min.insync.replicas", std::to_string(std::min<std::int32_t>(settings.min_insync, asked.replication_factor))});
  return asked;
}

CreateTopicsRequest request_with_defaults(const BrokerShard& shard, const std::vector<std::string>& names) {
  CreateTopicsRequest request;
  for (const auto& name : names) {
    auto& asked = request.topics.emplace_back();
    if (name == group_topic_name) {
      asked = coordinator_topic(shard, name, shard.config().group_topic);
      continue;
    }
    if (name == transaction_topic_name) {
      asked = coordinator_topic(shard, name, shard.config().transaction_topic);
      continue;
    }
    asked.name = name;
    asked.num_partitions = -1;
    asked.replication_factor = -1;
  }
  return request;
}

ErrorCode on_demand(ErrorCode error) {
  return error == ErrorCode::topic_already_exists ? ErrorCode::none : error;
}

// Forwards the creation to the controller: who asked for it may create the topics.
std::vector<ErrorCode> create_topics_elsewhere(BrokerShard& shard, const std::vector<std::string>& names) {
  constexpr std::int16_t version = 5;
  auto frame = request_frame(request_with_defaults(shard, names), version, 0, "").flatten().slice(4);
  auto answer = forward_to_controller(shard, frame, nullptr, Duration::max());
  if (!answer) return std::vector(names.size(), ErrorCode::leader_not_available);
  Reader reader(answer->flatten().slice(4));
  read_response_header(reader, ApiKey::create_topics, version);
  auto response = decode<CreateTopicsResponse>(reader, version);
  std::map<std::string, ErrorCode> by_name;
  if (response)
    for (const auto& result : response->topics) by_name[result.name] = on_demand(result.error_code);
  std::vector<ErrorCode> errors;
  for (const auto& name : names) {
    auto found = by_name.find(name);
    errors.push_back(found == by_name.end() ? ErrorCode::unknown_server_error : found->second);
  }
  return errors;
}

std::vector<ErrorCode> create_topics_here_or_elsewhere(BrokerShard& shard, const std::vector<std::string>& names) {
  if (!shard.controls_here()) return create_topics_elsewhere(shard, names);
  auto create = [&](Draft& draft) {
    Planned planned(draft.image);
    std::vector<CreateResult> results;
    for (const auto& asked : request_with_defaults(draft.shard, names).topics)
      plan_topic(draft, planned, asked, results.emplace_back());
    auto error = draft.commit();
    std::vector<ErrorCode> errors;
    for (const auto& result : results) {
      errors.push_back(result.error_code == ErrorCode::none ? error : on_demand(result.error_code));
      if (result.error_code == ErrorCode::none && error == ErrorCode::none)
        draft.shard.log().info("topic created on demand", {{"topic", result.name}});
    }
    return errors;
  };
  return change_metadata(shard, create, not_at_all);
}

}  // namespace

// Waits for leaders, so that the client finds them when it asks again.
std::vector<ErrorCode> create_topics_on_demand(BrokerShard& shard, const std::vector<std::string>& names) {
  auto errors = create_topics_here_or_elsewhere(shard, names);
  auto deadline = shard.host().clock().deadline_in(led_on_demand_max);
  // Also if another request has just created them.
  shard.on(0, [&](BrokerShard& first) { first.broker().metadata->wait_all_published(deadline); });
  for (std::size_t n = 0; n < names.size(); ++n)
    if (errors[n] == ErrorCode::none) shard.await_leaders(names[n], 0, deadline);
  return errors;
}

// The response waits until the partitions have leaders; see NewPartitions.
Result<ByteChain> handle_create_topics(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<CreateTopicsRequest>());
  CreateTopicsResponse response;
  auto create = [&](Draft& draft) {
    Access access(draft.shard, call);
    const bool all = access.sees(AclOperation::create, AclResourceType::cluster, acl_cluster_name);
    Planned planned(draft.image);
    MutationQuota quota(draft.shard, call, create_strict_since);
    if (!request.validate_only) planned.quota = &quota;
    std::map<std::string, int> times;
    for (const auto& asked : request.topics) ++times[asked.name];
    for (const auto& asked : request.topics) {
      if (times[asked.name] > 1) {
        if (std::exchange(times[asked.name], -1) == -1) continue;
        auto& result = response.topics.emplace_back();
        result.name = asked.name;
        refuse(result, ErrorCode::invalid_request, "Duplicate topic name.");
        continue;
      }
      if (times[asked.name] < 0) continue;
      auto& result = response.topics.emplace_back();
      if (!all && !access.may_on_topic(AclOperation::create, asked.name)) {
        result.name = asked.name;
        refuse(result, ErrorCode::topic_authorization_failed, topic_denied_message);
        continue;
      }
      plan_topic(draft, planned, asked, result);
      if (!access.sees(AclOperation::describe_configs, AclResourceType::topic, asked.name)) hide_configs(result);
      work_in_slices(plan_topic_work);
    }
    response.throttle_time_ms = quota.throttle_time_ms();
    if (request.validate_only) return;
    auto error = draft.commit();
    for (auto& result : response.topics) {
      if (result.error_code != ErrorCode::none) continue;
      if (error != ErrorCode::none)
        refuse(result, error, not_made_message(error));
      else
        draft.shard.log().info("topic created", {{"topic", result.name}, {"partitions", result.num_partitions}});
    }
  };
  change_metadata(shard, create, not_at_all);
  call.session().throttle.hold(shard, milliseconds(response.throttle_time_ms));
  return call.answer(response);
}

Result<ByteChain> handle_create_partitions(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<CreatePartitionsRequest>());
  CreatePartitionsResponse response;
  auto create = [&](Draft& draft) {
    Access access(draft.shard, call);
    const auto& next = draft.image;
    Planned planned(next);
    MutationQuota quota(draft.shard, call, add_strict_since);
    std::map<std::string_view, int> times;
    for (const auto& asked : request.topics) ++times[asked.name];
    for (const auto& asked : request.topics) {
      auto& count = times[asked.name];
      if (count < 0) continue;
      auto& result = response.results.emplace_back();
      result.name = asked.name;
      auto say = [&](ErrorCode code, std::string message) {
        result.error_code = code;
        result.error_message = std::move(message);
      };
      const auto* found = next.topic(asked.name);
      if (count > 1) {
        count = -1;
        say(ErrorCode::invalid_request, "Duplicate topic name.");
      } else if (!access.may_on_topic(AclOperation::alter, asked.name)) {
        result.error_code = ErrorCode::topic_authorization_failed;
      } else if (!draft.controls()) {
        say(ErrorCode::not_controller, no_controller_message);
      } else if (!found) {
        say(ErrorCode::unknown_topic_or_partition, "This server does not host this topic.");
      } else if (asked.count <= found->partition_count()) {
        say(ErrorCode::invalid_partitions, "The topic has " + std::to_string(found->partition_count()) +
                                               " partitions; only more can be asked for, not " +
                                               std::to_string(asked.count) + ".");
      } else if (asked.count > partitions_max) {
        say(ErrorCode::invalid_partitions, "more than " + std::to_string(partitions_max) + " partitions");
      } else if (asked.assignments &&
                 asked.assignments->size() != static_cast<std::size_t>(asked.count - found->partition_count())) {
        say(ErrorCode::invalid_replica_assignment, "one assignment per new partition is needed");
      } else if (!planned.has_room(asked.count - found->partition_count())) {
        say(ErrorCode::policy_violation, too_many_message);
      } else {
        auto added = added_partitions(draft, *found, asked);
        if (!added) {
          say(ErrorCode::invalid_replica_assignment, added.error());
        } else if (!request.validate_only && !quota.admits(added->size())) {
          say(ErrorCode::throttling_quota_exceeded, MutationQuota::exceeded_message);
        } else {
          draft.add(PartitionsRecord{found->id, std::move(*added)});
        }
      }
    }
    response.throttle_time_ms = quota.throttle_time_ms();
    if (request.validate_only) return;
    auto error = draft.commit();
    for (auto& result : response.results) {
      if (result.error_code != ErrorCode::none || error == ErrorCode::none) continue;
      result.error_code = error;
      result.error_message = not_made_message(error);
    }
  };
  change_metadata(shard, create, not_at_all);
  call.session().throttle.hold(shard, milliseconds(response.throttle_time_ms));
  return call.answer(response);
}

}  // namespace fulmar
