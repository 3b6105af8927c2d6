// Metadata: the brokers, and topics (all, or by name or id) with the leaders and replicas of their partitions.
#include "broker/protocol/messages/metadata.h"

#include <set>

#include "broker/cluster/topic_name.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/requests/topic_description.h"
#include "broker/server/requests/topics.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

// In memory, about.
constexpr std::int64_t topic_bytes = 200;
constexpr std::int64_t partition_bytes = 250;

constexpr std::int16_t nullable_names_since = 10;
constexpr std::int16_t ids_since = 12;  // versions 10 and 11 have the field, but no broker ever served it (KIP-516)

using Topic = MetadataResponse::Topic;

class MetadataAnswer {
 public:
  MetadataAnswer(BrokerShard& shard, const Request& call, const MetadataRequest& request)
      : shard_(shard),
        request_(request),
        version_(call.version()),
        listener_(call.session().listener),
        access_(shard, call),
        room_(shard) {}

  MetadataResponse run() {
    // In version 0 an empty list means all topics; later null does.
    bool all = !request_.topics || (version_ == 0 && request_.topics->empty());
    if (!all && asks_by_what_is_not_served()) return refused(ErrorCode::invalid_request);
    for (const auto& [id, broker] : shard_.image()->brokers)
      if (const auto* at = broker.fenced ? nullptr : broker.address_at(listener_))
        response_.brokers.push_back({id, at->host, at->port, broker.rack});
    response_.cluster_id = shard_.image()->cluster_id;
    response_.controller_id = shard_.controller();
    if (request_.include_cluster_authorized_operations)
      response_.cluster_authorized_operations = access_.cluster_bits_if_described(authorized_cluster_operations);
    if (all) {
      const auto image = shard_.image();
      for (const auto& [name, topic] : image->topics)
        if (access_.sees(AclOperation::describe, AclResourceType::topic, name)) add(name, topic);
    } else if (std::ranges::any_of(*request_.topics, [](const auto& asked) { return !asked.topic_id.is_zero(); })) {
      answer_by_id();
    } else {
      answer_by_name();
    }
    return std::move(response_);
  }

 private:
  bool asks_by_what_is_not_served() const {
    return std::ranges::any_of(*request_.topics, [&](const auto& asked) {
      if (version_ < ids_since) return !asked.name || !asked.topic_id.is_zero();
      return !asked.name && asked.topic_id.is_zero();
    });
  }

  MetadataResponse refused(ErrorCode error) const {
    MetadataResponse response;
    response.error_code = error;
    for (const auto& asked : *request_.topics) {
      auto& topic = response.topics.emplace_back();
      topic.error_code = error;
      topic.name = asked.name.value_or("");
      topic.topic_id = asked.topic_id;
    }
    return response;
  }

  // If a client asks by id, names in the request are ignored.
  void answer_by_id() {
    const auto image = shard_.image();
    std::set<Uuid> answered{Uuid{}};
    for (const auto& asked : *request_.topics) {
      if (!answered.insert(asked.topic_id).second) continue;
      auto name = image->topic_name(asked.topic_id);
      if (const auto* topic = image->topic(name); topic && !access_.may_on_topic(AclOperation::describe, name)) {
        // Ids are no secret, on Kafka either; names are.
        auto& refused = response_.topics.emplace_back();
        refused.error_code = ErrorCode::topic_authorization_failed;
        refused.name = nameless();
        refused.topic_id = asked.topic_id;
        work_in_slices(describe_topic_work);
      } else if (topic) {
        add(name, *topic);
      } else {
        auto& unknown = response_.topics.emplace_back();
        unknown.error_code = ErrorCode::unknown_topic_id;
        unknown.topic_id = asked.topic_id;
        work_in_slices(describe_topic_work);
      }
    }
  }

  void answer_by_name() {
    std::set<std::string_view> answered;
    std::vector<std::size_t> missing;  // indexes in the response
    const auto image = shard_.image();
    for (const auto& asked : *request_.topics) {
      if (!answered.insert(*asked.name).second) continue;
      if (!access_.may_on_topic(AclOperation::describe, *asked.name)) {
        auto& refused = response_.topics.emplace_back();
        refused.error_code = ErrorCode::topic_authorization_failed;
        refused.name = *asked.name;
        work_in_slices(describe_topic_work);
        continue;
      }
      if (const auto* topic = image->topic(*asked.name)) {
        add(*asked.name, *topic);
        continue;
      }
      auto& out = response_.topics.emplace_back();
      out.name = *asked.name;
      bool invalid = invalid_topic_name(*asked.name).has_value();
      out.error_code = invalid ? ErrorCode::invalid_topic_exception : ErrorCode::unknown_topic_or_partition;
      allow(out);
      work_in_slices(describe_topic_work);
      if (!invalid) missing.push_back(response_.topics.size() - 1);
    }
    if (!shard_.config().auto_create_topics || !request_.allow_auto_topic_creation) return;
    if (!access_.sees(AclOperation::create, AclResourceType::cluster, acl_cluster_name))
      std::erase_if(missing, [&](std::size_t at) {
        auto& out = response_.topics[at];
        if (access_.may_on_topic(AclOperation::create, *out.name)) return false;
        out.error_code = ErrorCode::topic_authorization_failed;
        out.authorized_operations = authorized_operations_unasked;
        return true;
      });
    if (missing.empty()) return;
    // As on Kafka, topics that are created now are not in this response: clients ask again. A client that checks
    // whether a topic is deleted is told so, though its request creates the topic again.
    std::vector<std::string> names;
    for (auto at : missing) names.push_back(*response_.topics[at].name);
    auto errors = create_topics_on_demand(shard_, names);
    for (std::size_t i = 0; i < missing.size(); ++i)
      if (errors[i] != ErrorCode::none) response_.topics[missing[i]].error_code = errors[i];
  }

  void add(const std::string& name, const TopicImage& topic) {
    room_.take(topic_bytes + partition_bytes * topic.partition_count());
    auto& out = response_.topics.emplace_back();
    out.name = name;
    out.topic_id = topic.id;
    out.is_internal = is_internal_topic(name);
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      out.partitions.push_back(describe_partition<Topic::Partition>(shard_, topic, index, listener_));
      work_in_slices(describe_partition_work);
    }
    allow(out);
    work_in_slices(describe_topic_work);
  }
  // A topic's name that is not told: null, from the version on that has it.
  std::optional<std::string> nameless() const {
    return version_ >= nullable_names_since ? std::nullopt : std::optional<std::string>("");
  }
  void allow(Topic& out) const {
    if (request_.include_topic_authorized_operations)
      out.authorized_operations = access_.allowed_bits(authorized_topic_operations, AclResourceType::topic, *out.name);
  }

  BrokerShard& shard_;
  const MetadataRequest& request_;
  const std::int16_t version_;
  const std::string& listener_;
  Access access_;
  ResponseRoom room_;
  MetadataResponse response_;
};

}  // namespace

Result<ByteChain> handle_metadata(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<MetadataRequest>());
  bool nameless = request.topics && std::ranges::any_of(*request.topics, [](const auto& asked) { return !asked.name; });
  if (nameless && call.version() < nullable_names_since) return fail(Errc::corrupt, "Metadata: a name is null");
  return call.answer(MetadataAnswer(shard, call, request).run());
}

}  // namespace fulmar
