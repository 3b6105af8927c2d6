#include "tests/replication/group_world.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::uint16_t port = 9093;

GroupId group_id(int number) {
  return {{5, 5}, number};
}

std::string log_name(int group) {
  return "group-" + std::to_string(group);
}

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 2000;
  config.index_interval_bytes = 200;
  return config;
}

}  // namespace

struct GroupWorld::Shard {
  Shard(GroupWorld& all, Host& host, int machine)
      : peers{all.id(machine), [] { return std::string("test"); },
              [&all](std::int32_t broker) { return all.address(broker); }},
        logs(host, {.checkpoint_interval = milliseconds(300)}),
        replicas(host, peers, {}) {}

  Peers peers;
  LogManager logs;
  ReplicaManager replicas;
  std::vector<ChangeListeners::Registration> listening;
  std::unique_ptr<PeerServer> server;
  bool opened = false;
};

GroupWorld::GroupWorld(std::uint64_t seed, int machines, int groups, unsigned shards)
    : world(seed, LogLevel::error), machines_(machines), groups_(groups), shards_(shards) {
  for (int n = 0; n < machines; ++n) world.add_node("broker" + std::to_string(n));
  for (int n = 0; n < machines; ++n) start(n);
}

SocketAddress GroupWorld::address(int machine) {
  return {world.node(static_cast<std::size_t>(machine)).address(), port};
}

void GroupWorld::start(int machine) {
  world.node(static_cast<std::size_t>(machine)).start(shards_, [this, machine](Host& host) {
    return run(host, machine);
  });
}

void GroupWorld::disturb(Random& random) {
  int machine = static_cast<int>(random.below(static_cast<std::uint64_t>(machines_)));
  auto& node = world.node(static_cast<std::size_t>(machine));
  auto other = static_cast<std::size_t>(random.below(static_cast<std::uint64_t>(machines_)));
  switch (random.below(6)) {
    case 0: node.running() ? node.kill() : start(machine); break;
    case 1: node.running() ? node.power_loss() : start(machine); break;
    case 2:
      if (other != node.number()) world.network().link(node.number(), other).cut ^= true;
      break;
    case 3: world.network().reset_connections(node.number(), other); break;
    case 4:
      if (!node.running()) start(machine);
      break;
    default: break;
  }
}

void GroupWorld::heal() {
  for (int n = 0; n < machines_; ++n)
    for (int m = 0; m < machines_; ++m)
      world.network().link(static_cast<std::size_t>(n), static_cast<std::size_t>(m)).cut = false;
  for (int n = 0; n < machines_; ++n)
    if (!world.node(static_cast<std::size_t>(n)).running()) start(n);
}

bool GroupWorld::stop() {
  auto any_running = [&] {
    for (std::size_t n = 0; n < world.node_count(); ++n)
      if (world.node(n).running()) return true;
    return false;
  };
  for (std::size_t n = 0; n < world.node_count(); ++n)
    if (world.node(n).running()) world.node(n).request_stop();
  return world.run_until([&] { return !any_running(); }, world.now() + seconds(60));
}

Result<void> GroupWorld::open(Host& host, int machine, Shard& shard, const StoredStates& stored) {
  HardStates mine;
  for (const auto& [id, state] : stored.states)
    if (owner(id.partition) == host.shard()) mine.emplace(id, state);
  FULMAR_TRY_VOID(shard.replicas.open(stored.next_life, std::move(mine)));
  HardState fresh;
  std::vector<ReplicaId> voters;
  for (int n = 0; n < machines_; ++n) voters.push_back(id(n));
  fresh.configuration.configuration = {voters, {}, {}};
  for (int group = 0; group < groups_; ++group) {
    if (owner(group) != host.shard()) continue;
    FULMAR_TRY(auto log, shard.logs.open(log_name(group), small_segments(), false));
    auto replica = shard.replicas.add(group_id(group), std::move(log), fresh);
    shard.listening.push_back(replica->listeners().add([this, group, machine, &replica = *replica] {
      if (!replica.leads()) return;
      auto [known, first] = leaders.try_emplace({group, replica.leader_epoch()}, machine);
      if (known->second != machine && violation.empty())
        violation =
            "two leaders of group " + std::to_string(group) + " in epoch " + std::to_string(replica.leader_epoch());
    }));
  }
  shard.logs.start();
  shard.replicas.begin_retention(shard.logs.context().limits);
  shard.opened = true;
  return {};
}

int GroupWorld::run(Host& host, int machine) {
  auto stored = HardStateStore::load(host.disk());
  if (!stored) return 1;
  std::vector<std::unique_ptr<Shard>> shards(shards_);
  auto on_all = [&](auto&& work) {
    for (unsigned n = 0; n < shards_; ++n) host.on_shard(n, [&](Host& there) { work(there, shards[n]); });
  };
  bool all_opened = true;
  on_all([&](Host& there, std::unique_ptr<Shard>& shard) {
    shard = std::make_unique<Shard>(*this, there, machine);
    all_opened = open(there, machine, *shard, *stored).has_value() && all_opened;
  });
  if (all_opened && !stored->files.empty())
    all_opened = HardStateStore::remove_files(host.disk(), stored->files).has_value();
  FiberGroup writers;
  if (all_opened) {
    on_all([&](Host& there, std::unique_ptr<Shard>& shard) {
      auto deliver = [this, &there, &shards](std::vector<GroupMessage> messages) {
        std::map<unsigned, std::vector<GroupMessage>> by_owner;
        for (auto& message : messages) by_owner[owner(message.group.partition)].push_back(std::move(message));
        for (auto& [n, said] : by_owner)
          there.on_shard(n, [&, n = n](Host&) { shards[n]->replicas.receive(std::move(said)); });
      };
      auto pulses = [&there, &shards](const PeerConnection& from, const PulsesRequest& said) {
        for (unsigned n = 0; n < shards.size(); ++n)
          there.on_shard(n, [&](Host&) { shards[n]->replicas.receive({from.broker, said.from_directory_id}, said); });
      };
      shard->server = std::make_unique<PeerServer>(there, shard->peers, 1000,
                                                   PeerServer::Handlers{.deliver = deliver, .pulses = pulses});
      (void)shard->server->listen(address(machine)).has_value();
    });
    for (int group = 0; group < groups_; ++group)
      writers.spawn("writer", [&, group] {
        auto n = owner(group);
        host.on_shard(n, [&](Host& there) {
          if (work) return work(there, machine, group, shards[n]->replicas.find(group_id(group)));
          write(there, machine, group, *shards[n]);
        });
      });
    host.stop_requested().wait();
  }
  writers.cancel();
  writers.join();
  on_all([&](Host&, std::unique_ptr<Shard>& shard) {
    if (shard->server) shard->server->stop();
  });
  on_all([&](Host& there, std::unique_ptr<Shard>& shard) {
    for (int group = 0; group < groups_ && all_opened; ++group)
      if (owner(group) == there.shard()) found[machine][group] = read(*shard, group);
    shard->replicas.stop();
    if (shard->opened) (void)shard->logs.close();
    shard.reset();
  });
  return all_opened ? 0 : 1;
}

bool GroupWorld::may_go(std::string_view value) {
  return std::atoi(std::string(value).c_str()) % 16 < 13;
}

void GroupWorld::remove_some(Random& random, Replica& replica) {
  const auto& segments = replica.log().segments();
  auto base = segments[random.below(segments.size())]->base_offset();
  auto count = 1 + random.below(3);
  auto some = random.next();
  auto removed = replica.remove_records(base, count, [&](const ReadRecord& record) {
    auto drawn = mix64(some ^ static_cast<std::uint64_t>(record.offset / 4)) % 3;
    return drawn == 0 || !may_go(record.value->view());
  });
  if (removed && *removed) ++removals;
}

void GroupWorld::write(Host& host, int machine, int group, Shard& shard) {
  auto random = host.entropy().stream();
  auto replica = shard.replicas.find(group_id(group));
  for (;;) {
    host.clock().sleep_for(milliseconds(random.between(1, 40)));
    if (removing && random.chance(1, 4)) remove_some(random, *replica);
    if (!writing || !replica->leads()) continue;
    auto value = std::to_string(++values_) + " of machine " + std::to_string(machine);
    auto batch = build_batch({{std::nullopt, value, World::epoch_ms, {}}});
    auto proposed = replica->append(*validate_produced(batch), batch);
    if (!proposed) continue;
    auto safe = replica->wait_until(Safety::committed, *proposed, host.clock().deadline_in(seconds(2)));
    if (safe != ErrorCode::none) continue;
    auto [known, first] = acknowledged.try_emplace({group, proposed->appended.base_offset}, value);
    if (!first && known->second != value && violation.empty())
      violation = "two values were acknowledged at offset " + std::to_string(proposed->appended.base_offset) +
                  " of group " + std::to_string(group);
  }
}

GroupWorld::Found GroupWorld::read(Shard& shard, int group) {
  auto replica = shard.replicas.find(group_id(group));
  auto& log = replica->log();
  Found all{log.log_start(), replica->high_watermark(), log.log_end(), {}};
  for (auto from = log.log_start(); from < log.log_end();) {
    auto bytes = log.read(from, log.log_end(), 1 << 20, true);
    if (!bytes || bytes->empty()) break;
    for (Bytes rest = *bytes; !rest.empty();) {
      auto header = read_batch_header(rest.view());
      auto records = read_records(rest.slice(0, header->size()), 1 << 20);
      if (!records) return all;
      for (auto& record : *records)
        all.records[record.offset] = {header->leader_epoch,
                                      header->control() ? "control" : std::string(record.value->view())};
      from = header->next_offset();
      rest = rest.slice(header->size());
    }
  }
  return all;
}

}  // namespace fulmar
