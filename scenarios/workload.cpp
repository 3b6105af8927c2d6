#include "scenarios/workload.h"

#include <algorithm>
#include <utility>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

ClusterClientOptions guarded_options(const Workload& workload) {
  ClusterClientOptions options;
  options.security = workload.security.client(LifeSecurity::worker, workload.password);
  if (workload.security.scram()) options.password = [&workload] { return workload.password; };
  return options;
}

ClusterClientOptions cluster_options(const Workload& workload, Random random) {
  auto options = guarded_options(workload);
  options.bootstrap = workload.brokers;
  auto first = static_cast<std::ptrdiff_t>(random.below(options.bootstrap.size()));
  std::rotate(options.bootstrap.begin(), options.bootstrap.begin() + first, options.bootstrap.end());
  options.connect_timeout = seconds(1);
  options.request_timeout = workload.request_timeout;
  return options;
}

ClusterClientOptions core_options(const Workload& workload, Random random) {
  auto options = cluster_options(workload, random);
  if (!workload.core.empty()) options.bootstrap.clear();
  for (const auto& [id, address] : workload.core) options.bootstrap.push_back(address);
  return options;
}

namespace {

std::optional<TopicPartition> pick_among(Random& random, const Workload& workload, bool idle) {
  std::vector<const std::pair<const std::string, TopicSpec>*> topics;
  for (const auto& topic : workload.topics)
    if (topic.second.idle == idle) topics.push_back(&topic);
  if (topics.empty()) return std::nullopt;
  const auto& [name, spec] = *topics[random.below(topics.size())];
  return TopicPartition{name, static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(spec.partitions)))};
}

}  // namespace

TopicPartition pick_partition(Random& random, const Workload& workload) {
  return *pick_among(random, workload, false);
}

std::optional<TopicPartition> pick_idle_partition(Random& random, const Workload& workload) {
  return pick_among(random, workload, true);
}

void pause(Host& host, Random& random, std::int64_t ms_max) {
  host.clock().sleep_for(microseconds(random.between(0, ms_max * 1000)));
}

void note_wrong_answer(Workload& workload, Host& host, bool wrong, const char* who) {
  if (!wrong) return;
  workload.seen.push_back(
      {"answers in order", "wrong-answer", std::string(who) + " got an answer to another request", host.clock().now()});
}

int create_topics(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  for (;;) {
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    auto connection = brokers.any(deadline);
    if (connection) {
      CreateTopicsRequest request;
      auto add = [&](const std::string& name, const TopicSpec& spec) {
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.num_partitions = spec.partitions;
        topic.replication_factor = spec.replication_factor;
        for (const auto& [key, value] : spec.configs) topic.configs.push_back({key, value});
      };
      for (const auto& [name, spec] : workload.topics) add(name, spec);
      for (const auto& stage : workload.stages) add(stage, workload.stage_spec);
      auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
      bool all = response.has_value();
      if (response)
        for (const auto& topic : response->topics)
          all = all && (topic.error_code == ErrorCode::none || topic.error_code == ErrorCode::topic_already_exists);
      if (all) return 0;
    }
    pause(host, random, 300);
  }
}

bool create_once(Host& host, Workload& workload, ClusterClient& brokers, const WantedTopic& wanted) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto connection = brokers.any(deadline);
  if (!connection) return false;
  CreateTopicsRequest request;
  request.timeout_ms = 2000;
  auto& topic = request.topics.emplace_back();
  topic.name = wanted.name;
  topic.num_partitions = wanted.partitions;
  topic.replication_factor = static_cast<std::int16_t>(workload.plan.setting_or(settings::replication_factor, 1));
  for (const auto& [key, value] : wanted.configs) topic.configs.push_back({key, value});
  auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
  if (!response || response->topics.size() != 1) return false;
  auto error = response->topics[0].error_code;
  return error == ErrorCode::none || error == ErrorCode::topic_already_exists;
}

FetchRequest fetch_from(const TopicPartition& tp, Offset offset, std::int32_t min_bytes, Duration wait) {
  FetchRequest fetch;
  fetch.max_wait_ms = static_cast<std::int32_t>(wait / milliseconds(1));
  fetch.min_bytes = min_bytes;
  fetch.max_bytes = single_fetch_bytes_max;
  fetch.topics.emplace_back().name = tp.topic;
  auto& asked = fetch.topics[0].partitions.emplace_back();
  asked.index = tp.partition;
  asked.fetch_offset = offset;
  asked.max_bytes = single_fetch_bytes_max;
  return fetch;
}

int run_clients(Host& host, Workload& workload) {
  FiberGroup clients;
  for (std::int64_t i = 0; i < workload.plan.setting(settings::producers); ++i)
    clients.spawn("producer", [&] { produce(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting(settings::consumers); ++i)
    clients.spawn("consumer", [&] { consume(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting_or(settings::members, 0); ++i)
    clients.spawn("member", [&] { join_groups(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting_or(settings::consumer_members, 0); ++i)
    clients.spawn("consumer member", [&] { join_consumer_groups(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting_or(settings::migrating_members, 0); ++i)
    clients.spawn("migrating member", [&] { join_migrating_group(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting_or(settings::keyed_clients, 0); ++i) {
    clients.spawn("keyed producer", [&] { write_keys(host, workload); });
    clients.spawn("keyed reader", [&] { read_keys(host, workload); });
  }
  for (std::int64_t i = 0; i < workload.plan.setting_or(settings::keyed_transactions, 0); ++i)
    clients.spawn("keyed transactions", [&] { write_keys_in_transactions(host, workload); });
  if (!workload.stages.empty()) clients.spawn("pipes", [&] { pipe(host, workload); });
  for (const auto& group : workload.others_groups)
    clients.spawn("watched group", [&] { watch_group(host, workload, group); });
  for (const auto& pipeline : workload.others_pipelines)
    clients.spawn("watched pipeline", [&] { watch_pipeline(host, workload, pipeline); });
  if (workload.plan.setting(settings::deletes)) clients.spawn("deleter", [&] { delete_records(host, workload); });
  auto wanted = [&](const Setting& setting) { return workload.plan.setting_or(setting, 0) != 0; };
  // There is only one of each of these.
  if (std::exchange(workload.has_single_clients, true) == false) {
    if (wanted(settings::lookup_pace_ms)) clients.spawn("lookups", [&] { look_up(host, workload); });
    if (wanted(settings::streaming_pace_ms)) clients.spawn("stream", [&] { stream_batches(host, workload); });
    if (wanted(settings::epoch_pace_ms)) clients.spawn("epoch ends", [&] { ask_epochs(host, workload); });
    if (wanted(settings::idle_topic)) clients.spawn("idle", [&] { ask_idle(host, workload); });
    if (wanted(settings::growing_topic)) clients.spawn("partitions", [&] { add_partitions(host, workload); });
    if (wanted(settings::config_pace_ms)) clients.spawn("configurator", [&] { configure_topics(host, workload); });
    if (wanted(settings::owner_pace_ms)) clients.spawn("owner", [&] { own_topics(host, workload); });
    if (wanted(settings::owner_pace_ms)) clients.spawn("owner of users", [&] { own_users(host, workload); });
    if (wanted(settings::examiner_pace_ms)) clients.spawn("examiner", [&] { examine_answers(host, workload); });
    if (wanted(settings::quota_pace_ms)) clients.spawn("quotas", [&] { limit_clients(host, workload); });
    if (wanted(settings::controller_pace_ms)) clients.spawn("controllers", [&] { change_controllers(host, workload); });
    if (wanted(settings::access_pace_ms)) clients.spawn("access", [&] { change_access(host, workload); });
    if (workload.security.guards_clients()) clients.spawn("strangers", [&] { come_as_strangers(host, workload); });
    if (wanted(settings::password_pace_ms)) clients.spawn("passwords", [&] { change_passwords(host, workload); });
    if (wanted(settings::upgrade_at_ms) && !wanted(settings::downgrade_at_ms))
      clients.spawn("upgrade", [&] { raise_levels(host, workload); });
    if (wanted(settings::work_factor)) clients.spawn("malformed", [&] { send_malformed(host, workload); });
    if (wanted(settings::members)) clients.spawn("offsets", [&] { keep_offsets(host, workload); });
    if (wanted(settings::remake_pace_ms)) clients.spawn("remake", [&] { remake_topic(host, workload); });
  }
  if (wanted(settings::operator_pace_ms)) clients.spawn("operator", [&] { operate(host, workload); });
  if (wanted(settings::topic_pace_ms)) {
    clients.spawn("topics", [&] { make_and_delete_topics(host, workload); });
    clients.spawn("epochs", [&] { probe_epochs(host, workload); });
  }
  clients.join();
  return 0;
}

}  // namespace fulmar
