#include "scenarios/real/storm.h"

#include <fstream>

#include "runtime/base/assert.h"
#include "runtime/base/random.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/real/process.h"
#include "scenarios/piping_client.h"
#include "scenarios/plan_settings.h"
#include "scenarios/real/history_lines.h"

namespace fulmar {

namespace {

constexpr std::int16_t storm_replication_factor = 3;
constexpr std::size_t own_stages = 3;
// Clients end when all groups have committed everything once more, and transactions were waited for.
constexpr Duration end_max = seconds(60);

Plan plan_of(std::uint64_t seed) {
  auto random = Random(seed).split("real-storm");
  Plan plan;
  plan.scenario = "real-storm";
  plan.seed = seed;
  plan.set(settings::producers, 4);
  plan.set(settings::consumers, 3);
  plan.set(settings::deletes, 0);
  plan.set(settings::members, 4);
  plan.set(settings::consumer_members, 4);
  plan.set(settings::migrating_members, 3);
  plan.set(settings::producer_pace_ms, random.split("producer_pace_ms").between(10, 60));
  plan.set(settings::consumer_pace_ms, random.split("consumer_pace_ms").between(10, 100));
  plan.set(settings::batch_records_max, random.split("batch_records_max").between(1, 12));
  plan.set(settings::value_bytes_max, random.split("value_bytes_max").between(20, 2000));
  return plan;
}

int live(Host& host, Workload& workload) {
  create_topics(host, workload);
  FiberGroup clients;
  clients.spawn("clients", [&] { run_clients(host, workload); });
  host.stop_requested().wait();
  workload.stop = true;
  auto stopped = host.clock().now();
  clients.join();
  if (auto lasted = host.clock().now() - stopped; lasted > end_max)
    workload.seen.push_back({"liveness", "stuck-client",
                             "the clients have ended only " + std::to_string(lasted / milliseconds(1)) +
                                 " ms after they were told to, though all was well",
                             host.clock().now()});
  if (int code = read_everything(host, workload)) return code;
  return read_stages(host, workload);
}

}  // namespace

Result<StormResult> run_storm(const StormOptions& options) {
  auto plan = plan_of(options.seed);
  Workload workload(plan);
  workload.brokers = options.bootstrap;
  workload.topics = options.topics;
  workload.others_groups = options.groups;
  workload.others_pipelines = options.pipelines;
  for (std::size_t stage = 0; stage < own_stages; ++stage) workload.stages.push_back("stage-" + std::to_string(stage));
  workload.grouped_stages = 1;
  workload.stage_spec = {
      stage_partitions, {.synced = true, .replicated = true}, {{"retention.ms", "-1"}}, storm_replication_factor};
  for (const auto& [name, topic] : options.topics) workload.history.topics[name] = topic.promise;
  ProcessOptions process;
  process.log.level = LogLevel::error;
  FULMAR_TRY(int code, run_real_process(process, [&](Host& host) { return live(host, workload); }));
  StormResult result{std::move(workload.history), std::move(workload.seen)};
  FULMAR_ASSERT(code == 0 || !result.violations.empty());
  for (const auto& path : options.histories) {
    std::ifstream file(path);
    if (!file) return fail(Errc::not_found, "can't read " + path);
    auto read = read_history_lines(file, result.history);
    if (!read) return fail(read.error().code, path + ": " + read.error().detail);
  }
  place_untold_sends(result.history, result.violations);
  for (auto& violation : check_history(result.history)) result.violations.push_back(std::move(violation));
  return result;
}

}  // namespace fulmar
