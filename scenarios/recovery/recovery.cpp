#include "scenarios/recovery/recovery.h"

#include <algorithm>

#include "broker/server/shard/ownership.h"
#include "campaign/life_marks.h"
#include "campaign/plan_check.h"
#include "faults/injector.h"
#include "scenarios/life_recorder.h"
#include "scenarios/plan_check.h"
#include "scenarios/plan_settings.h"
#include "scenarios/recovery/recovery_levels.h"
#include "scenarios/recovery/steady_load.h"
#include "scenarios/watched_cluster.h"

namespace fulmar {

namespace {

constexpr std::int64_t broker_count = 3;
constexpr std::int64_t member_count = 3;
constexpr std::int64_t partition_count = 6;
constexpr Duration settle_max = seconds(20);  // until the group reads everything, before the fault
constexpr Instant fault_after = Instant{} + seconds(25);
constexpr std::int64_t fault_within_ms = 5000;  // so that it hits every phase of periodic work
constexpr Duration look_interval = milliseconds(1);
constexpr Duration recover_max = seconds(120);

// Settings in plans of this scenario, with the broker's defaults.
constexpr struct {
  const Setting* setting;
  std::int64_t value;
} fixed[] = {
    {&settings::brokers, broker_count},
    {&settings::replication_factor, broker_count},
    {&settings::clients, 1 + member_count},
    {&settings::shards, 1},
    {&settings::reshard, 0},
    {&settings::segment_bytes, 1 << 30},
    {&settings::index_interval_bytes, 4096},
    {&settings::checkpoint_ms, 60'000},
    {&settings::retention_check_ms, 300'000},
};

class RecoveryLife {
 public:
  RecoveryLife(const Plan& plan, const LifeOptions& options)
      : plan_(plan),
        fault_(plan.faults.front()),
        level_(*find_recovery_level(fault_.kind)),
        world_(life_seed(plan), LogLevel::debug),
        cluster_(world_, plan, marks_),
        load_(cluster_.addresses(), LifeSecurity(plan).client(LifeSecurity::worker, LifeSecurity::worker_password),
              partition_count),
        injector_(world_, cluster_.size(), [this](std::size_t node) { cluster_.start(node); }),
        viewed_(options, {world_, [this](std::size_t node) { return cluster_.describe(node); }}) {
    if (options.happening || options.view) cluster_.keep_states();
    follow_brokers(world_, plan, options, record_);
    for (std::int64_t i = 0; i < plan.setting(settings::clients); ++i) world_.add_node("client" + std::to_string(i));
    world_.add_node("admin");
    injector_.on_power_loss = [this](std::size_t node) { cluster_.power_lost(node); };
    injector_.on_disk_hurt = [this](std::size_t node) { cluster_.disk_hurt(node); };
    injector_.controller = [this] { return cluster_.controller(); };
  }

  LifeResult run() {
    if (set_the_stage()) {
      injector_.inject(plan_.faults);
      world_.run_until(fault_.at);
      load_.mark(world_.now());
      watch_recovery();
      injector_.dismiss_supervisor();
    }
    for (std::size_t n = 0; n < world_.node_count(); ++n) world_.node(n).kill();
    LifeResult result;
    result.violations = cluster_.violations();
    result.violations.insert(result.violations.end(), found_.begin(), found_.end());
    result.trace_hash = world_.trace().hash();
    result.events = world_.trace().events();
    result.simulated = world_.now() - Instant{};
    result.times = std::move(times_);
    result.record = std::move(record_);
    result.marks["fault " + std::string(fault_.kind->name)] = 1;
    tell_code_marks(world_, result);
    return result;
  }

 private:
  void violate(const char* anomaly, std::string text) {
    found_.push_back({"recovery", anomaly, std::move(text), world_.now()});
  }

  // Whether everything works before the fault.
  bool set_the_stage() {
    for (std::size_t n = 0; n < cluster_.size(); ++n) cluster_.start(n);
    auto& admin = world_.node(world_.node_count() - 1);
    admin.start(1, [this](Host& host) { return load_.make_topic(host); });
    auto first_client = cluster_.size();
    bool made = world_.run_until([&] { return !admin.running(); }, Instant{} + settle_max);
    world_.node(first_client).start(1, [this](Host& host) { return load_.write(host); });
    for (std::size_t n = 1; n <= member_count; ++n)
      world_.node(first_client + n).start(1, [this](Host& host) { return load_.read(host); });
    if (made && world_.run_until([this] { return load_.consumed().has_value(); }, Instant{} + settle_max)) return true;
    violate("not-begun", "the group does not read all partitions, though all is well");
    return false;
  }

  void watch_recovery() {
    auto end = fault_.at + fault_.duration;
    world_.at(end, [this] { committed_at_end_ = cluster_.committed(); });
    std::set<std::size_t> all;
    for (std::size_t n = 0; n < cluster_.size(); ++n) all.insert(n);
    auto serves = [&](const GroupId& group, std::size_t node) {
      return node != fault_.target || world_.now() >= end || !is_out(group);
    };
    auto give_up = end + recover_max;
    for (; world_.now() < give_up && times_.size() < 4; world_.run_for(look_interval)) {
      if (!times_.contains("leader") && cluster_.leaderless(serves).empty()) take("leader", world_.now(), fault_.at);
      if (auto at = load_.acknowledged()) take("acknowledged", *at, fault_.at);
      if (auto at = load_.consumed()) take("consumed", *at, fault_.at);
      if (committed_at_end_ && cluster_.behind(all, *committed_at_end_).empty()) take("in sync", world_.now(), end);
    }
    judge("leader", level_.bounds.leader);
    judge("acknowledged", level_.bounds.acknowledged);
    judge("consumed", level_.bounds.consumed);
    judge("in sync", level_.bounds.in_sync);
  }

  // Whether the target's replica of the group serves nobody while the fault lasts.
  bool is_out(const GroupId& group) const {
    if (level_.takes_out != TakesOut::shard) return level_.takes_out == TakesOut::broker;
    auto shards = cluster_.shards_of(fault_.target);
    return owning_shard(group.topic, group.partition, shards) == static_cast<std::uint64_t>(fault_.amount) % shards;
  }

  void take(const char* what, Instant at, Instant since) { times_.try_emplace(what, at - since); }

  void judge(const char* what, Duration bound) {
    auto time = times_.find(what);
    if (time == times_.end())
      return violate("never-recovered", std::string(what) + ": not within " + in_ms(recover_max));
    if (time->second > bound)
      violate("recovered-late", std::string(what) + ": after " + in_ms(time->second) + ", more than " + in_ms(bound));
  }

  static std::string in_ms(Duration time) { return std::to_string(time / milliseconds(1)) + " ms"; }

  const Plan& plan_;
  const Fault& fault_;
  const RecoveryLevel& level_;
  LifeRecord record_;
  World world_;
  Marks marks_;
  WatchedCluster cluster_;
  SteadyLoad load_;
  Injector injector_;
  std::optional<std::map<GroupId, Offset>> committed_at_end_;
  std::map<std::string, Duration> times_;
  Violations found_;
  ViewedLife viewed_;  // the last member: the rest exists while it does
};

}  // namespace

Plan plan_recovery(std::uint64_t seed) {
  auto random = Random(seed).split("recovery");
  Plan plan;
  plan.scenario = "recovery";
  plan.seed = seed;
  for (const auto& [setting, value] : fixed) plan.set(*setting, value);
  auto levels = recovery_levels();
  const auto& level = levels[seed % levels.size()];
  Fault fault;
  fault.kind = level.kind;
  fault.duration = level.duration;
  fault.at = fault_after + milliseconds(random.split("at").between(0, fault_within_ms));
  fault.target = random.split("target").below(broker_count);
  if (level.kind->has_peer)
    fault.peer = (fault.target + 1 + random.split("peer").below(broker_count - 1)) % broker_count;
  fault.amount = random.split("amount").between(level.amount_min, level.amount_max);
  plan.faults.push_back(fault);
  choose_security(random.split("security"), true, plan);
  plan.settings.erase(std::string(settings::password_pace_ms.name));  // nobody changes it
  return plan;
}

LifeResult run_recovery(const Plan& plan, const LifeOptions& options) {
  return RecoveryLife(plan, options).run();
}

Result<void> check_recovery_plan(const Scenario&, const Plan& plan) {
  auto wrong = [](std::string sentence) { return fail(Errc::invalid_argument, std::move(sentence)); };
  for (const auto& [setting, value] : fixed)
    if (!plan.has(*setting) || plan.setting(*setting) != value)
      return wrong("setting '" + std::string(setting->name) + "' must be " + std::to_string(value) +
                   " in this scenario");
  std::vector<const Setting*> needed;
  for (const auto& [setting, value] : fixed) needed.push_back(setting);
  const Setting* guards[] = {&settings::security, &settings::internal_tls, &settings::session_ms};
  FULMAR_TRY_VOID(check_settings(plan, "scenario " + plan.scenario, needed, guards));
  FULMAR_TRY_VOID(check_security(plan));
  if (plan.faults.size() != 1) return wrong("there must be one fault, since recovery from it is measured");
  if (!find_recovery_level(plan.faults.front().kind))
    return wrong("recovery from fault '" + std::string(plan.faults.front().kind->name) + "' is not measured");
  if (plan.faults.front().at < fault_after)
    return wrong("the fault must not begin before " + std::to_string(fault_after.ns / 1'000'000) + " ms");
  return check_fault(plan, 0);
}

}  // namespace fulmar
