#include "scenarios/single_broker.h"

#include <algorithm>

#include "broker/server/broker.h"
#include "campaign/life_marks.h"
#include "checkers/log_files.h"
#include "faults/injector.h"
#include "faults/kinds.h"
#include "faults/planner.h"
#include "scenarios/credential_watch.h"
#include "scenarios/fault_mixes.h"
#include "scenarios/life_recorder.h"
#include "scenarios/operation_teller.h"
#include "scenarios/plan_settings.h"
#include "scenarios/settings.h"
#include "scenarios/stalls.h"
#include "scenarios/workload.h"
#include "sim/world.h"

namespace fulmar {

namespace {

constexpr std::size_t broker_node = 0;
constexpr std::int32_t broker_id = 1;
constexpr std::uint16_t broker_port = 9092;
constexpr Duration settle_max = seconds(30);  // for the topics, before the faults
constexpr Duration finish_max = seconds(60);  // for every client, once all is healed
constexpr Duration stop_max = seconds(30);    // for an orderly stop

BrokerConfig broker_config(const Plan& plan, const LifeSecurity& security) {
  Properties properties;
  properties["listeners"] =
      security.listener() + "://" + SimNetwork::address_of(broker_node) + ":" + std::to_string(broker_port);
  properties["log.segment.bytes"] = std::to_string(plan.setting(settings::segment_bytes));
  properties["log.index.interval.bytes"] = std::to_string(plan.setting(settings::index_interval_bytes));
  properties["log.flush.offset.checkpoint.interval.ms"] = std::to_string(plan.setting(settings::checkpoint_ms));
  properties["log.retention.check.interval.ms"] = std::to_string(plan.setting(settings::retention_check_ms));
  limit_client_memory(plan, properties);
  security.add_properties(properties);
  auto config = BrokerConfig::from(properties).value();
  config.first_users = security.first_users();
  return config;
}

// The contents of the partitions' files on a broker's disk.
std::map<std::string, std::string> files_of(Node& node) {
  std::map<std::string, std::string> files;
  for (const auto& [path, file] : node.disk().image().files()) files.emplace(path, file->current());
  return files;
}

}  // namespace

Plan plan_single_broker(std::uint64_t seed, FaultDraw draw) {
  Random random = Random(seed).split("single-broker");
  auto choose = [&](const char* name, std::int64_t low, std::int64_t high) {
    return random.split(name).between(low, high);
  };
  Plan plan;
  plan.scenario = "single-broker";
  plan.seed = seed;
  choose_workload(random, plan);
  plan.set(settings::shards, choose("shards", 1, 3));
  plan.set(settings::segment_bytes, std::int64_t{1} << choose("segment bytes", 9, 16));
  plan.set(settings::index_interval_bytes, std::int64_t{1} << choose("index interval", 4, 12));
  plan.set(settings::checkpoint_ms, choose("checkpoint", 200, 10'000));
  plan.set(settings::retention_check_ms, choose("retention check", 500, 10'000));
  plan.set(settings::safety_ms, choose("length", 20'000, 120'000));
  FaultWindow window;
  window.begin = Instant{} + milliseconds(single_broker_faults_begin_ms);
  window.end = window.begin + milliseconds(plan.setting(settings::safety_ms));
  window.nodes = {1, 1 + static_cast<std::size_t>(plan.setting(settings::clients))};
  plan.faults = plan_faults(random.split("faults"), window, fault_mix_of(plan.scenario).shapes, draw);
  return plan;
}

LifeResult run_single_broker(const Plan& plan, const LifeOptions& options) {
  LifeResult result;
  World world(life_seed(plan), LogLevel::debug);
  follow_brokers(world, plan, options, result.record);
  Workload workload(plan);
  workload.events = [&world] { return world.trace().events(); };
  workload.brokers = {{SimNetwork::address_of(broker_node), broker_port}};
  if (options.happening) workload.on_operation = OperationTeller(world);
  describe_topics(workload, 1);
  auto config = broker_config(plan, workload.security);
  CredentialWatch credentials(workload, [&world] { return world.now(); });
  ImageObserver observer(credentials);

  auto& broker = world.add_node("broker");
  broker.set_work_factor(static_cast<unsigned>(plan.setting_or(settings::work_factor, 1)));
  for (std::int64_t i = 0; i < plan.setting(settings::clients); ++i) world.add_node("client" + std::to_string(i));
  auto& admin = world.add_node("admin");
  ViewedLife viewed(options, {world, [](std::size_t) { return std::vector<std::string>(); }});
  auto start_broker = [&](std::size_t) {
    credentials.begins(broker_id);
    broker.start(static_cast<unsigned>(plan.setting(settings::shards)), [&](Host& host) {
      auto ran = run_broker(host, config, {}, workload.security.guards_clients() ? &observer : nullptr);
      if (!ran) host.log().warn("broker could not run", {{"reason", to_string(ran.error())}});
      return ran ? 0 : 1;
    });
  };
  auto violate = [&](const char* property, const char* anomaly, std::string text) {
    result.violations.push_back({property, anomaly, std::move(text), world.now()});
  };

  auto have_done = [&](int (*work)(Host&, Workload&), Duration limit, const char* otherwise) {
    admin.start(1, [&workload, work](Host& host) { return work(host, workload); });
    if (world.run_until([&] { return !admin.running(); }, world.now() + limit)) return;
    violate("liveness", "stuck-client", otherwise);
    admin.kill();
  };

  // Setup: creates the topics, and starts all clients.
  start_broker(broker_node);
  have_done(create_topics, settle_max, "the topics could not be made on a healthy broker");

  // Safety.
  auto begun = world.now();
  Injector injector(world, 1, start_broker);
  injector.inject(plan.faults);
  for (std::size_t n = 1; n + 1 < world.node_count(); ++n)
    world.node(n).start(1, [&](Host& host) { return run_clients(host, workload); });
  auto judge_liveness = [&] {
    injector.heal();
    workload.stop = true;
    auto finished = [&] {
      for (std::size_t n = 1; n + 1 < world.node_count(); ++n)
        if (world.node(n).running()) return false;
      return true;
    };
    if (!world.run_until(finished, world.now() + finish_max))
      violate("liveness", "stuck-client", "a client did not finish after the network healed");
    have_done(read_everything, finish_max, "the final read did not come to its end");
    have_done(ask_in_peace, finish_max, "what is asked in peace is not answered");
    have_done(transact_in_peace, finish_max, "a transaction gets nowhere, though all is well");
    broker.request_stop();
    if (!world.run_until([&] { return !broker.running(); }, world.now() + stop_max))
      violate("liveness", "stuck-stop", "the broker did not stop in order");
    else if (broker.exit_code() != 0)
      violate("liveness", "failed-stop",
              "the broker stopped with exit code " + std::to_string(broker.exit_code().value_or(-1)));
    if (world.stuck()) violate("liveness", "livelock", "time stood still");
  };
  bool ends_early = plan.has(settings::end_ms);
  world.run_until(ends_early ? std::max(begun, Instant{} + milliseconds(plan.setting(settings::end_ms)))
                             : begun + milliseconds(single_broker_faults_begin_ms + plan.setting(settings::safety_ms)));
  if (!ends_early) judge_liveness();
  for (const auto& stall : world.stalls()) result.violations.push_back(shard_stalled(stall));
  for (std::size_t n = 0; n < world.node_count(); ++n) world.node(n).kill();
  if (!ends_early)
    for (const auto& leak : world.leaks()) violate("liveness", "leak", leak);

  workload.marks.reach(Mark::short_read, broker.disk().short_reads());
  workload.history.power_losses = injector.power_losses();
  workload.history.clock_ahead_at_start_ms = injector.clock_ahead_at_start_ms();
  workload.history.epoch_ms = World::epoch_ms;
  workload.history.clocks_jump = has_fault(plan.faults, {&faults::clock_jump, &faults::clock_drift});
  credentials.finish();
  workload.history.length_ms = world.now().ns / 1'000'000;
  for (auto& violation : workload.seen) result.violations.push_back(std::move(violation));
  if (result.violations.empty() && !ends_early) check_log_files(files_of(broker), result.violations);
  for (auto& violation : ends_early ? check_history_so_far(workload.history) : check_history(workload.history))
    result.violations.push_back(std::move(violation));
  result.trace_hash = world.trace().hash();
  result.events = world.trace().events();
  result.simulated = world.now() - Instant{};
  result.operations = {{"reads", workload.history.reads.size()}, {"sends", workload.history.sends.size()}};
  if (options.record) result.record.operations = operations_of(workload.history);
  result.marks = workload.marks.by_name();
  tell_code_marks(world, result);
  for (const auto& fault : plan.faults) ++result.marks["fault " + std::string(fault.kind->name)];
  for (const auto& [what, times] : injector.damaged_files()) result.marks[what] += times;
  return result;
}

}  // namespace fulmar
