#include "broker/server/shard/group_service.h"

#include "broker/cluster/group_config.h"
#include "broker/cluster/properties.h"
#include "broker/cluster/topic_name.h"
#include "broker/server/shard/broker_shard.h"
#include "broker/server/shard/image_topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

GroupService::GroupService(BrokerShard& shard)
    : shard_(shard), told_(shard.host().shard_count(), [this](unsigned to, std::vector<Told> words) {
        shard_.on(to, [&](BrokerShard& there) {
          for (auto& word : words) there.groups().told(std::move(word));
        });
      }) {}

GroupService::~GroupService() = default;

CoordinatorTime GroupService::now() const {
  auto& clock = shard_.host().clock();
  return {clock.now(), clock.wall_ms()};
}

void GroupService::release(std::int32_t partition) {
  auto ended = coordinating_.extract(partition);
  if (!ended.empty()) ended.mapped().partition->stop();
}

void GroupService::stop() {
  for (auto& [index, coordinating] : coordinating_) coordinating.partition->stop();
  coordinating_.clear();
  ending_.cancel();
  ending_.join();
  told_.close();
}

std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> GroupService::place_of(const std::string& group) const {
  const auto* topic = shard_.image()->topic(group_topic_name);
  if (!topic) return std::unexpected(ErrorCode::coordinator_not_available);
  auto index = partition_of_group(group, topic->partition_count());
  return std::pair(shard_.owner(topic->id, index), index);
}

// Null if this broker has no replica of it, or one that is out of order.
CoordinatorPartition* GroupService::coordinator(std::int32_t index) {
  auto* partition = shard_.partitions().find(std::string(group_topic_name), index);
  if (!partition || !partition->replica) return nullptr;
  auto& known = coordinating_[index];
  if (known.replica == partition->replica) return known.partition.get();
  // The log was opened again: the coordinator of the old replica ends.
  if (known.partition)
    ending_.spawn("end coordinator", [old = std::shared_ptr(std::move(known.partition))] { old->stop(); });
  auto make = [this, index] { return make_machine(index); };
  known = {partition->replica, nullptr,
           std::make_unique<CoordinatorPartition>(
               shard_.host(), partition_directory(group_topic_name, index), partition->replica, std::move(make),
               watch_of(shard_.broker().observer, shard_.broker().self, partition->replica->group()))};
  known.partition->start();
  return known.partition.get();
}

const GroupSettings& GroupService::settings() {
  if (settings_) return *settings_;
  settings_ = shard_.config().groups;
  auto interval = shard_.properties().find("group.consumer.assignment.interval.ms");
  if (interval != shard_.properties().end())
    settings_->consumer_assignment_interval = milliseconds(parse_integer(interval->second).value_or(0));
  settings_->consumer_times = consumer_times();
  return *settings_;
}

// Made anew only when the configuration of some group has changed.
std::shared_ptr<const std::map<std::string, ConsumerTimes>> GroupService::consumer_times() {
  const auto image = shard_.image();
  if (image->group_configs == group_configs_) return consumer_times_;
  group_configs_ = image->group_configs;
  std::map<std::string, ConsumerTimes> times;
  for (const auto& [group, configs] : group_configs_) {
    auto number = [&](std::string_view name) {
      return milliseconds(group_config_number(name, configs, shard_.properties()));
    };
    times[group] = {number("consumer.heartbeat.interval.ms"), number("consumer.session.timeout.ms")};
  }
  consumer_times_ = std::make_shared<const std::map<std::string, ConsumerTimes>>(std::move(times));
  return consumer_times_;
}

std::unique_ptr<GroupMachine> GroupService::make_machine(std::int32_t index) {
  auto made = std::make_unique<GroupMachine>(
      settings(), [this] { return random_uuid(shard_.host().entropy()); },
      [this](const std::string& note) { shard_.log().info(note); });
  if (!topics_) topics_ = std::make_shared<ImageTopics>(shard_.image(), shard_.config().authorizer);
  made->groups().set_topics(topics_, now());
  if (auto there = coordinating_.find(index); there != coordinating_.end()) there->second.topics = topics_;
  return made;
}

std::expected<GroupMachine*, ErrorCode> GroupService::machine(std::int32_t index) {
  auto* there = coordinator(index);
  if (!there) return std::unexpected(ErrorCode::not_coordinator);
  auto core = there->core();
  if (!core) return std::unexpected(core.error());
  auto* machine = static_cast<GroupMachine*>(*core);
  machine->groups().set_settings(settings());
  if (topics_ && coordinating_.at(index).topics != topics_) {  // they may have changed during loading
    machine->groups().set_topics(topics_, now());
    coordinating_.at(index).topics = topics_;
  }
  return machine;
}

void GroupService::follow(const MetadataDelta& delta) {
  settings_.reset();  // some may be changed while the broker runs
  // Brokers have the racks, and access control lists say which topics a member may describe.
  bool changed = !delta.topics.empty() || delta.before->brokers != delta.after->brokers ||
                 !delta.before->acls.is_same_version(delta.after->acls);
  if (changed) topics_ = std::make_shared<ImageTopics>(delta.after, shard_.config().authorizer);
  const auto* topic = shard_.image()->topic(group_topic_name);
  if (!topic) return;
  for (std::int32_t index = 0; index < topic->partition_count(); ++index) {
    if (shard_.owner(topic->id, index) != shard_.host().shard()) continue;
    auto there = machine(index);
    if (!there || !changed) continue;
    for (const auto& change : delta.topics)
      if (change.deleted()) (*there)->groups().topic_deleted(change.name, now());
    coordinating_.at(index).partition->carry_out();
  }
}

std::expected<std::uint64_t, ErrorCode> GroupService::ask(const std::string& group, const Input& input,
                                                          Answered answered) {
  auto place = place_of(group);
  if (!place) return std::unexpected(place.error());
  auto call = ++last_call_;
  awaited_.emplace(call, std::move(answered));
  auto [owner, index] = *place;
  auto refused = shard_.on(
      owner, [&, index = index, from = shard_.host().shard()](BrokerShard& there) -> std::optional<ErrorCode> {
        auto& groups = there.groups();
        auto machine = groups.machine(index);
        if (!machine) return machine.error();
        auto now = groups.now();
        auto token = (*machine)->expect(
            [&groups, from, call](GroupAnswer answer) { groups.tell(from, call, std::move(answer)); }, now);
        input((*machine)->groups(), token, now);
        groups.coordinating_.at(index).partition->carry_out();
        return std::nullopt;
      });
  if (!refused) return call;
  awaited_.erase(call);
  return std::unexpected(*refused);
}

std::expected<std::int32_t, ErrorCode> GroupService::partition_of(const std::string& group) const {
  auto place = place_of(group);
  if (!place) return std::unexpected(place.error());
  return place->second;
}

std::expected<GroupService::TransactionalCommit, ErrorCode> GroupService::begin_transactional(
    const std::string& group, ProducerId producer, std::int16_t producer_epoch, bool own_epoch) {
  auto place = place_of(group);
  if (!place) return std::unexpected(place.error());
  auto [owner, index] = *place;
  return shard_.on(owner, [&, index = index](BrokerShard& there) -> std::expected<TransactionalCommit, ErrorCode> {
    if (auto ready = there.groups().machine(index); !ready) return std::unexpected(ready.error());
    BatchHeader header;
    header.producer_id = producer;
    header.producer_epoch = producer_epoch;
    header.base_sequence = no_sequence;
    auto replica = there.groups().coordinating_.at(index).replica;
    auto begun = replica->begin_verification(header, own_epoch);
    if (!begun) return std::unexpected(begun.error().code);
    TransactionalCommit commit{index, std::nullopt};
    if (*begun) commit.to_verify = {(*begun)->number, (*begun)->epoch};
    return commit;
  });
}

std::expected<Replica::Proposed, ErrorCode> GroupService::append_marker(std::int32_t partition, const Bytes& batch,
                                                                        std::int16_t transaction_version) {
  if (auto ready = machine(partition); !ready) return std::unexpected(ready.error());
  return coordinating_.at(partition).partition->append_marker(batch, transaction_version);
}

void GroupService::tell(unsigned shard, std::uint64_t call, GroupAnswer answer) {
  if (shard == shard_.host().shard()) return told({call, std::move(answer)});
  told_.add(shard, {call, std::move(answer)});
}

void GroupService::told(Told said) {
  auto awaited = awaited_.extract(said.call);
  if (!awaited.empty()) awaited.mapped()(std::move(said.answer));
}

ErrorCode GroupService::read(const std::string& group, const std::function<void(const GroupCoordinator&)>& look) {
  auto place = place_of(group);
  if (!place) return place.error();
  return shard_.on(place->first, [&](BrokerShard& there) {
    auto machine = there.groups().machine(place->second);
    if (!machine) return machine.error();
    look((*machine)->groups());
    return ErrorCode::none;
  });
}

ErrorCode GroupService::read_all(const std::function<void(const GroupCoordinator&)>& look) {
  auto error = ErrorCode::none;
  const auto* topic = shard_.image()->topic(group_topic_name);
  for (std::int32_t index = 0; topic && index < topic->partition_count(); ++index) {
    if (shard_.owner(topic->id, index) != shard_.host().shard()) continue;
    auto there = machine(index);
    if (there)
      look((*there)->groups());
    else if (there.error() == ErrorCode::coordinator_load_in_progress)
      error = there.error();
  }
  return error;
}

}  // namespace fulmar
