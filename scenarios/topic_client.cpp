// Clients that create and delete topics, and one that lists them.
#include "broker/client/producer.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

// The outcome of a change according to its response: made, not made, or unknown.
Outcome outcome_of(ErrorCode error, ErrorCode done_before) {
  if (error == ErrorCode::none || error == done_before) return Outcome::ok;
  switch (error) {
    case ErrorCode::not_controller:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::topic_already_exists:
    case ErrorCode::unknown_topic_or_partition: return Outcome::failed;
    default: return Outcome::unknown;
  }
}

class TopicMaker {
 public:
  TopicMaker(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        reuse_(random_.split("reuse")),
        brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

  void live() {
    while (!workload_.stop) {
      pause(host_, random_, workload_.plan.setting(settings::topic_pace_ms));
      if (made_.empty() || random_.chance(3, 5))
        create(new_name());
      else
        remove(random_.below(made_.size()));
    }
  }

 private:
  // A name that only this client uses, often one that it has used before.
  std::string new_name() {
    if (free_.empty() || reuse_.chance(1, 3)) return "made-" + std::to_string(workload_.next_topic++);
    auto name = std::move(free_.back());
    free_.pop_back();
    return name;
  }
  std::size_t begin(TopicOperation::Kind kind, const std::string& name) {
    workload_.history.topic_operations.push_back({kind, name, host_.clock().now(), Instant::max(), Outcome::pending});
    tell_begun(workload_, workload_.history.topic_operations.back());
    return workload_.history.topic_operations.size() - 1;
  }
  void end(std::size_t index, Outcome outcome) {
    auto& operation = workload_.history.topic_operations[index];
    operation.completed = host_.clock().now();
    operation.outcome = outcome;
    tell_ended(workload_, operation);
  }

  void create(const std::string& name) {
    auto index = begin(TopicOperation::Kind::create, name);
    auto deadline = host_.clock().deadline_in(workload_.request_timeout);
    auto connection = brokers_.any(deadline);
    if (!connection) return end(index, Outcome::failed);
    CreateTopicsRequest request;
    request.timeout_ms = 2000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = static_cast<std::int32_t>(random_.between(1, 3));
    topic.replication_factor = static_cast<std::int16_t>(workload_.plan.setting(settings::replication_factor));
    auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
    if (!response || response->topics.size() != 1) return end(index, Outcome::unknown);
    // Only this client uses the name: if the topic exists, this client has created it.
    auto outcome = outcome_of(response->topics[0].error_code, ErrorCode::topic_already_exists);
    end(index, outcome);
    if (outcome != Outcome::failed) made_.push_back({name, outcome == Outcome::ok});
    if (outcome == Outcome::ok && random_.chance(1, 2)) send_to(name, topic.num_partitions);
  }

  // So that there are records to lose: observers notice if committed ones are lost.
  void send_to(const std::string& name, std::int32_t partitions) {
    ProducerOptions options;
    options.idempotent = false;
    options.request_timeout = options.delivery_timeout = workload_.request_timeout;
    Producer producer(host_, brokers_, options);
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      if (workload_.stop) return;
      producer.send(name, partition, {{std::nullopt, name, host_.clock().wall_ms(), {}}});
    }
  }

  void remove(std::size_t which) {
    auto [name, surely_made] = made_[which];
    made_.erase(made_.begin() + static_cast<std::ptrdiff_t>(which));
    auto index = begin(TopicOperation::Kind::remove, name);
    auto deadline = host_.clock().deadline_in(workload_.request_timeout);
    auto connection = brokers_.any(deadline);
    if (!connection) return end(index, Outcome::failed);
    DeleteTopicsRequest request;
    request.timeout_ms = 2000;
    request.topic_names = {name};
    request.topics = {{name, {}}};
    auto response = (*connection)->call<DeleteTopicsResponse>(request, deadline);
    bool answered = response && response->responses.size() == 1;
    auto outcome = answered ? outcome_of(response->responses[0].error_code, ErrorCode::none) : Outcome::unknown;
    end(index, outcome);
    // Requests that may still be in flight must not affect a later topic of the name.
    if (surely_made && outcome == Outcome::ok) free_.push_back(name);
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  Random reuse_;
  ClusterClient brokers_;
  std::vector<std::pair<std::string, bool>> made_;  // and whether that is certain
  std::vector<std::string> free_;                   // created and deleted, for certain
};

}  // namespace

void make_and_delete_topics(Host& host, Workload& workload) {
  TopicMaker(host, workload).live();
}

int list_topics(Host& host, Workload& workload) {
  for (const auto& [broker, address] : workload.core) {
    auto options = guarded_options(workload);
    options.bootstrap = {address};
    ClusterClient one(host, options);
    for (;;) {
      auto deadline = host.clock().deadline_in(workload.request_timeout);
      auto connection = one.any(deadline);
      auto asked = host.clock().now();
      MetadataRequest all;
      all.topics = std::nullopt;
      auto metadata = connection ? Answer<MetadataResponse>((*connection)->call<MetadataResponse>(all, deadline))
                                 : std::unexpected(connection.error());
      if (metadata) {
        if (workload.on_metadata) workload.on_metadata(broker, *metadata, asked);
        auto& listed = workload.history.final_topics[broker];
        for (const auto& topic : metadata->topics) listed.insert(topic.name.value_or(""));
        break;
      }
      host.clock().sleep_for(milliseconds(100));
    }
  }
  return 0;
}

}  // namespace fulmar
