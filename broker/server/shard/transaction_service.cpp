#include "broker/server/shard/transaction_service.h"

#include "broker/cluster/topic_name.h"
#include "broker/groups/group_machine.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"

namespace fulmar {

TransactionService::~TransactionService() = default;

CoordinatorTime TransactionService::now() const {
  auto& clock = shard_.host().clock();
  return {clock.now(), clock.wall_ms()};
}

void TransactionService::release(std::int32_t partition) {
  auto ended = coordinating_.extract(partition);
  if (!ended.empty()) ended.mapped().partition->stop();
}

void TransactionService::stop() {
  for (auto& [index, coordinating] : coordinating_) coordinating.partition->stop();
  coordinating_.clear();
  ending_.cancel();
  ending_.join();
}

std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> TransactionService::place_of(
    const std::string& transactional_id) const {
  const auto* topic = shard_.image()->topic(transaction_topic_name);
  if (!topic) return std::unexpected(ErrorCode::coordinator_not_available);
  auto index = partition_of_group(transactional_id, topic->partition_count());
  return std::pair(shard_.owner(topic->id, index), index);
}

std::int32_t TransactionService::coordinator_of(const std::string& transactional_id) const {
  auto place = place_of(transactional_id);
  if (!place) return -1;
  return shard_.leader_of(*shard_.image()->topic(transaction_topic_name), place->second).broker;
}

// Null if this broker has no replica of it, or one that is out of order.
CoordinatorPartition* TransactionService::coordinator(std::int32_t index) {
  auto* partition = shard_.partitions().find(std::string(transaction_topic_name), index);
  if (!partition || !partition->replica) return nullptr;
  auto& known = coordinating_[index];
  if (known.replica == partition->replica) return known.partition.get();
  // The log was opened again: the coordinator of the old replica ends.
  if (known.partition)
    ending_.spawn("end coordinator", [old = std::shared_ptr(std::move(known.partition))] { old->stop(); });
  auto make = [this] {
    return std::make_unique<TransactionMachine>(
        shard_.config().transactions, [this](const std::string& note) { shard_.log().info(note); },
        [this] {
          if (on_unmarked) on_unmarked();
        });
  };
  known = {partition->replica,
           std::make_unique<CoordinatorPartition>(
               shard_.host(), partition_directory(transaction_topic_name, index), partition->replica, std::move(make),
               watch_of(shard_.broker().observer, shard_.broker().self, partition->replica->group()))};
  known.partition->start();
  return known.partition.get();
}

std::expected<TransactionMachine*, ErrorCode> TransactionService::machine(std::int32_t index) {
  auto* there = coordinator(index);
  if (!there) return std::unexpected(ErrorCode::not_coordinator);
  auto core = there->core();
  if (!core) return std::unexpected(core.error());
  return static_cast<TransactionMachine*>(*core);
}

void TransactionService::follow() {
  const auto* topic = shard_.image()->topic(transaction_topic_name);
  for (std::int32_t index = 0; topic && index < topic->partition_count(); ++index)
    if (shard_.owner(topic->id, index) == shard_.host().shard()) coordinator(index);
}

TransactionAnswer TransactionService::ask(const std::string& transactional_id, const Input& input) {
  auto place = place_of(transactional_id);
  if (!place) return {.error = place.error()};
  return shard_.on(place->first,
                   [&](BrokerShard& there) { return there.transactions().ask_here(place->second, input); });
}

TransactionAnswer TransactionService::ask_here(std::int32_t partition, const Input& input) {
  auto asked = machine(partition);
  if (!asked) return {.error = asked.error()};
  // The waiting fiber may be cancelled before the answer comes.
  struct Waiting {
    Event answered;
    TransactionAnswer answer;
  };
  auto waiting = std::make_shared<Waiting>();
  auto at = now();
  auto token = (*asked)->expect(
      [waiting](const TransactionAnswer& answer) {
        waiting->answer = answer;
        waiting->answered.set();
      },
      at);
  input((*asked)->transactions(), token, at);
  coordinating_.at(partition).partition->carry_out();
  waiting->answered.wait();
  return waiting->answer;
}

ErrorCode TransactionService::read(const std::string& transactional_id,
                                   const std::function<void(const TransactionCoordinator&)>& look) {
  auto place = place_of(transactional_id);
  if (!place) return place.error();
  return shard_.on(place->first, [&](BrokerShard& there) {
    auto machine = there.transactions().machine(place->second);
    if (!machine) return machine.error();
    look((*machine)->transactions());
    return ErrorCode::none;
  });
}

ErrorCode TransactionService::read_all(const std::function<void(const TransactionCoordinator&)>& look) {
  auto error = ErrorCode::none;
  const auto* topic = shard_.image()->topic(transaction_topic_name);
  for (std::int32_t index = 0; topic && index < topic->partition_count(); ++index) {
    if (shard_.owner(topic->id, index) != shard_.host().shard()) continue;
    auto there = machine(index);
    if (there)
      look((*there)->transactions());
    else if (there.error() == ErrorCode::coordinator_load_in_progress)
      error = there.error();
  }
  return error;
}

bool TransactionService::each_unmarked(
    const std::function<void(std::int32_t, Epoch, const TransactionCoordinator&)>& look) {
  bool all = true;
  for (auto& [index, coordinating] : coordinating_) {
    auto core = coordinating.partition->core();
    if (!core) {
      all = all && !coordinating.replica->leads();
      continue;
    }
    const auto& transactions = static_cast<TransactionMachine*>(*core)->transactions();
    if (transactions.has_unmarked()) look(index, coordinating.replica->leader_epoch(), transactions);
  }
  return all;
}

void TransactionService::marked(std::int32_t partition, Epoch epoch, const std::vector<TransactionMarkers>& written) {
  auto known = coordinating_.find(partition);
  if (known == coordinating_.end() || known->second.replica->leader_epoch() != epoch) return;
  auto core = known->second.partition->core();
  if (!core) return;
  for (const auto& markers : written) static_cast<TransactionMachine*>(*core)->transactions().marked(markers, now());
  known->second.partition->carry_out();
}

}  // namespace fulmar
