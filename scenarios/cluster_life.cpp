#include "scenarios/cluster_life.h"

#include <algorithm>

#include "campaign/life_marks.h"
#include "checkers/keyed_logs.h"
#include "checkers/log_files.h"
#include "faults/calm.h"
#include "faults/injector.h"
#include "faults/kinds.h"
#include "faults/planner.h"
#include "scenarios/clients.h"
#include "scenarios/life_recorder.h"
#include "scenarios/operation_teller.h"
#include "scenarios/plan_settings.h"
#include "scenarios/settings.h"
#include "scenarios/stalls.h"
#include "scenarios/watched_cluster.h"
#include "scenarios/workload.h"

namespace fulmar {

namespace {

constexpr Duration form_max = seconds(60);      // for the cluster and its topics, before the faults
constexpr Duration lead_max = seconds(20);      // for a leader of every partition, once the core is healed
constexpr Duration finish_max = seconds(90);    // for every client
constexpr Duration groups_max = seconds(400);   // for groups to go through all changes
constexpr Duration expire_max = seconds(180);   // for the offsets of all groups, which no member uses any more
constexpr Duration converge_max = seconds(30);  // for equal logs in the core
constexpr Duration register_max = seconds(30);  // for all brokers of the core to be registered
constexpr Duration image_max = seconds(2);      // for committed metadata to be shown by every broker
constexpr Duration stop_max = seconds(60);      // for an orderly stop of the whole core
constexpr Duration look_interval = milliseconds(50);
constexpr Duration recover_max = seconds(8);  // for an undisturbed majority to recover from anything
constexpr Instant faults_begin = Instant{} + seconds(8);

// What happens to the brokers outside of the core.
enum class Rest : std::uint8_t { there_is_none, dead, cut_off, paused };

class ClusterLife {
 public:
  ClusterLife(const Plan& plan, const LifeOptions& options)
      : plan_(plan),
        records_(options.record),
        world_(life_seed(plan), LogLevel::debug),
        workload_(plan),
        cluster_(world_, plan, workload_.marks),
        credentials_(workload_, [this] { return world_.now(); }),
        viewed_(options, {world_, [this](std::size_t node) { return cluster_.describe(node); }}) {
    follow_brokers(world_, plan, options, record_);
    if (workload_.security.guards_clients()) cluster_.watch_credentials(credentials_);
    if (workload_.security.internal_tls()) workload_.marks.expect(Mark::brokers_over_tls);
    workload_.brokers = cluster_.addresses();
    for (std::size_t n = 0; n < std::min(cluster_.size(), controllers_max); ++n)
      workload_.history.first_controllers.insert(static_cast<std::int32_t>(n) + 1);
    workload_.on_metadata = [this](std::int32_t from, const MetadataResponse& metadata, Instant asked) {
      cluster_.judge_claims(from, metadata, asked);
    };
    workload_.events = [this] { return world_.trace().events(); };
    workload_.on_read = [this](const ReadOperation& read, std::int32_t follower) {
      cluster_.judge_read(read, follower);
    };
    if (options.happening) workload_.on_operation = OperationTeller(world_);
    workload_.on_deletion = [this](const DeleteOperation& deletion) { cluster_.note_deletion(deletion); };
    describe_topics(workload_, static_cast<std::int16_t>(plan.setting(settings::replication_factor)));
    for (auto mark : {Mark::metadata_snapshot_taken, Mark::metadata_snapshot_loaded, Mark::metadata_snapshot_fetched,
                      Mark::log_truncated, Mark::log_begun_anew})
      workload_.marks.expect(mark);
    if (plan.setting_or(settings::calm_ms, 0)) workload_.marks.expect(Mark::calm_majority);
    if (plan.setting_or(settings::members, 0))
      for (auto mark : {Mark::group_stable, Mark::group_rebalanced, Mark::group_coordinator_moved, Mark::group_fenced,
                        Mark::group_offset_committed, Mark::group_offset_deleted, Mark::coordinator_lost_in_rebalance})
        workload_.marks.expect(mark);
    if (plan.setting_or(settings::members, 0) && plan.setting_or(settings::group_size_max, 3) >= 2)
      workload_.marks.expect(Mark::groups_in_peace);
    if (plan.setting_or(settings::consumer_members, 0))
      for (auto mark : {Mark::consumer_assigned, Mark::consumer_gave_up, Mark::consumer_fenced})
        workload_.marks.expect(mark);
    if (plan.has(settings::downgrade_at_ms)) workload_.marks.expect(Mark::release_taken_back);
    if (plan.setting_or(settings::migrating_members, 0))
      for (auto mark : {Mark::group_upgraded, Mark::group_downgraded}) workload_.marks.expect(mark);
    if (plan.has(settings::group_size_max)) {
      workload_.marks.expect(Mark::group_full);
      workload_.history.group_size_max = static_cast<std::size_t>(plan.setting(settings::group_size_max));
    }
    if (plan.has(settings::offsets_retention_ms)) {
      workload_.marks.expect(Mark::group_offset_expired);
      workload_.history.offsets_kept = milliseconds(plan.setting(settings::offsets_retention_ms));
    }
    if (plan.has(settings::group_segment_bytes)) workload_.marks.expect(Mark::log_compacted);
    if (plan.setting_or(settings::keyed_clients, 0))
      for (auto mark : {Mark::log_compacted, Mark::batch_compacted_away, Mark::tombstone_removed,
                        Mark::leader_was_away_past_tombstones})
        workload_.marks.expect(mark);
    if (plan.setting_or(settings::keyed_transactions, 0)) workload_.marks.expect(Mark::marker_removed);
    if (plan.has(settings::delete_retention_ms))
      workload_.history.tombstones_kept = milliseconds(plan.setting(settings::delete_retention_ms));
    if (plan.setting_or(settings::producer_id_block, 1000) < 1000) workload_.marks.expect(Mark::producer_id_block);
    if (has_fault(plan.faults, {&faults::cut_after_transfer})) workload_.marks.expect(Mark::cut_after_transfer);
    for (std::int64_t i = 0; i < plan.setting(settings::clients); ++i) world_.add_node("client" + std::to_string(i));
    admin_ = &world_.add_node("admin");
    if (options.happening || options.view) cluster_.keep_states();
  }

  LifeResult run() {
    set_the_stage();
    auto begun = std::max(world_.now(), faults_begin);
    Injector injector(world_, cluster_.size(), [this](std::size_t node) { cluster_.start(node); });
    injector.on_power_loss = [this](std::size_t node) { cluster_.power_lost(node); };
    injector.on_disk_hurt = [this](std::size_t node) { cluster_.disk_hurt(node); };
    injector.controller = [this] { return cluster_.controller(); };
    cluster_.on_leadership_handed = [&injector](std::size_t from, std::size_t to) {
      injector.leadership_handed(from, to);
    };
    injector.inject(plan_.faults);
    watch_calm();
    for (auto n = cluster_.size(); n + 1 < world_.node_count(); ++n)
      world_.node(n).start(1, [this](Host& host) { return run_clients(host, workload_); });
    if (plan_.has(settings::end_ms)) {
      world_.run_until(std::max(world_.now(), Instant{} + milliseconds(plan_.setting(settings::end_ms))));
      injector.dismiss_supervisor();
      end_all();
    } else {
      world_.run_until(begun + milliseconds(plan_.setting(settings::safety_ms)));
      choose_core();
      injector.heal(healthy_);
      let_the_rest_be(injector);
      judge_liveness();
      injector.dismiss_supervisor();
      stop_the_core();
    }
    workload_.marks.reach(Mark::cut_after_transfer, injector.cuts_after_transfers());
    for (std::size_t n = 0; n < cluster_.size(); ++n)
      workload_.marks.reach(Mark::short_read, world_.node(n).disk().short_reads());
    damaged_files_ = injector.damaged_files();
    workload_.history.power_losses = injector.power_losses();
    workload_.history.clock_ahead_at_start_ms = injector.clock_ahead_at_start_ms();
    workload_.history.epoch_ms = World::epoch_ms;
    workload_.history.clocks_jump = has_fault(plan_.faults, {&faults::clock_jump, &faults::clock_drift});
    return finish();
  }

 private:
  void violate(const char* anomaly, std::string text) {
    found_.push_back({"liveness", anomaly, std::move(text), world_.now()});
  }

  bool come_true(const std::function<bool()>& holds, Duration limit) {
    auto deadline = world_.now() + limit;
    while (!holds()) {
      if (world_.now() >= deadline || world_.stuck()) return false;
      world_.run_for(look_interval);
    }
    return true;
  }

  void set_the_stage() {
    for (std::size_t n = 0; n < cluster_.size(); ++n) cluster_.start(n);
    have_done(create_topics, form_max,
              "the cluster did not form, or its topics could not be made, though all was well");
    if (workload_.security.internal_tls() && found_.empty()) workload_.marks.reach(Mark::brokers_over_tls);
  }

  // Once the calm has lasted long enough for the effects of earlier faults to be over.
  void watch_calm() {
    auto calm = calm_of(plan_);
    if (!calm) return;
    std::set<std::size_t> well;
    for (std::size_t n = 0; n < cluster_.size(); ++n)
      if (!calm->rest.contains(n)) well.insert(n);
    world_.at(calm->begin + recover_max, [this, well] { cluster_.calm_begins(well); });
    world_.at(calm->end, [this] { cluster_.calm_ends(); });
  }

  void have_done(int (*work)(Host&, Workload&), Duration limit, const char* otherwise) {
    admin_->start(1, [this, work](Host& host) { return work(host, workload_); });
    if (come_true([this] { return !admin_->running(); }, limit)) return;
    violate("stuck-client", otherwise);
    admin_->kill();
  }

  // Chooses a majority of every partition's replicas, and of the controllers.
  void choose_core() {
    auto out = static_cast<std::size_t>(plan_.setting(settings::rest_count));
    if (static_cast<Rest>(plan_.setting(settings::rest)) == Rest::there_is_none) out = 0;
    // A disk that lost acknowledged data may not have it again yet: such a broker is the first to be left out, and then
    // the only one.
    std::vector<std::size_t> order;
    for (auto victim : victims(plan_.faults)) order.push_back(victim);
    if (order.empty()) {
      auto first = Random(plan_.seed).split("core").below(cluster_.size());
      for (std::size_t n = 0; n < out; ++n) order.push_back((first + n) % cluster_.size());
    }
    out = std::min(out, order.size());
    std::set<std::size_t> rest(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(out));
    for (std::size_t n = 0; n < world_.node_count(); ++n) {
      if (rest.contains(n)) continue;
      healthy_.insert(n);
      if (n < cluster_.size()) core_.insert(n);
    }
    for (auto n : core_) workload_.core[static_cast<std::int32_t>(n) + 1] = cluster_.addresses()[n];
  }

  void let_the_rest_be(Injector& injector) {
    for (std::size_t n = 0; n < cluster_.size(); ++n) {
      if (core_.contains(n)) continue;
      switch (static_cast<Rest>(plan_.setting(settings::rest))) {
        case Rest::there_is_none: break;
        case Rest::dead: world_.node(n).kill(); break;
        case Rest::cut_off: injector.isolate(n); break;
        case Rest::paused: world_.node(n).pause(); break;
      }
    }
  }

  void judge_liveness() {
    workload_.stop = true;
    if (!come_true([this] { return cluster_.leaderless(core_).empty(); }, lead_max)) {
      std::string groups;
      for (const auto& group : cluster_.leaderless(core_)) groups += "\n" + to_string(group);
      violate("leaderless", "without a leader, though a majority is well:" + groups);
    }
    auto finished = [this] {
      for (auto n = cluster_.size(); n + 1 < world_.node_count(); ++n)
        if (world_.node(n).running()) return false;
      return true;
    };
    if (!come_true(finished, finish_max)) violate("stuck-client", "a client did not finish after the core was healed");
    have_done(read_everything, finish_max, "the final read did not come to its end");
    if (!workload_.stages.empty())
      have_done(read_stages, finish_max, "transactions stay open, or what they have written can't be read");
    if (plan_.has(settings::offsets_retention_ms))
      have_done(see_offsets_expire, expire_max, "it could not be seen whether the offsets of groups expire");
    if (!come_true([this] { return cluster_.differing(core_).empty(); }, converge_max)) {
      std::string groups;
      for (const auto& group : cluster_.differing(core_)) groups += "\n" + group;
      violate("differing-replicas", "the core's replicas do not become equal:" + groups);
    }
    auto registered = [this] {
      return std::all_of(core_.begin(), core_.end(), [this](std::size_t n) { return cluster_.ready(n); });
    };
    if (!come_true(registered, register_max)) violate("unregistered", "not every broker of the core has registered");
    world_.run_for(image_max);
    have_done(ask_in_peace, finish_max, "what is asked in peace is not answered");
    have_done(transact_in_peace, finish_max, "a transaction gets nowhere, though all is well");
    world_.run_for(image_max);  // topics may have been created
    have_done(list_topics, finish_max, "not every broker of the core lists its topics");
    if (plan_.setting_or(settings::members, 0))
      have_done(have_groups_in_peace, groups_max, "groups get nowhere, though all is well");
    if (plan_.setting_or(settings::quota_pace_ms, 0))
      have_done(have_quotas_in_peace, finish_max, "a client with a quota gets nowhere, though all is well");
    if (plan_.setting_or(settings::controller_pace_ms, 0))
      have_done(list_controllers, finish_max, "nobody says who decides about the metadata");
    if (plan_.has(settings::downgrade_at_ms))
      workload_.marks.reach(Mark::release_taken_back);
    else if (plan_.has(settings::upgrade_at_ms))
      have_done(finish_upgrade, finish_max, "the metadata does not get the level that all brokers support");
  }

  void stop_the_core() {
    for (auto n : core_) world_.node(n).request_stop();
    auto stopped = [this] {
      return std::none_of(core_.begin(), core_.end(), [this](std::size_t n) { return world_.node(n).running(); });
    };
    if (!come_true(stopped, stop_max)) violate("stuck-stop", "not every broker stopped in order");
    for (auto n : core_)
      if (world_.node(n).exit_code().value_or(0) != 0)
        violate("failed-stop", world_.node(n).name() + " stopped with exit code " +
                                   std::to_string(world_.node(n).exit_code().value_or(-1)));
    if (world_.stuck()) violate("livelock", "time stood still");
    end_all();
    for (const auto& leak : world_.leaks()) violate("leak", leak);
  }

  void end_all() {
    for (const auto& stall : world_.stalls()) found_.push_back(shard_stalled(stall));
    for (std::size_t n = 0; n < world_.node_count(); ++n) world_.node(n).kill();
  }

  LifeResult finish() {
    LifeResult result;
    credentials_.finish();
    workload_.history.length_ms = world_.now().ns / 1'000'000;
    for (auto* list : {&found_, &workload_.seen})
      result.violations.insert(result.violations.end(), list->begin(), list->end());
    auto seen_inside = cluster_.violations();
    result.violations.insert(result.violations.begin(), seen_inside.begin(), seen_inside.end());
    if (result.violations.empty())
      for (auto n : core_) {
        if (victims(plan_.faults).contains(n)) continue;  // undetected damage may still be there
        std::map<std::string, std::string> files;
        for (const auto& [path, file] : world_.node(n).disk().image().files()) files.emplace(path, file->current());
        check_log_files(files, result.violations);
        std::ranges::move(keyed_logs(files, compacted_topic, world_.node(n).name(), world_.now()),
                          std::back_inserter(workload_.history.keyed_logs));
      }
    auto& history = workload_.history;
    for (auto& violation : plan_.has(settings::end_ms) ? check_history_so_far(history) : check_history(history))
      result.violations.push_back(std::move(violation));
    result.trace_hash = world_.trace().hash();
    result.events = world_.trace().events();
    result.simulated = world_.now() - Instant{};
    result.operations = {{"reads", workload_.history.reads.size()}, {"sends", workload_.history.sends.size()}};
    result.record = std::move(record_);
    if (records_) result.record.operations = operations_of(workload_.history);
    result.marks = workload_.marks.by_name();
    for (const auto& fault : plan_.faults) ++result.marks["fault " + std::string(fault.kind->name)];
    for (const auto& [what, times] : damaged_files_) result.marks[what] += times;
    tell_code_marks(world_, result);
    return result;
  }

  const Plan& plan_;
  const bool records_;
  LifeRecord record_;
  World world_;
  Workload workload_;
  WatchedCluster cluster_;
  CredentialWatch credentials_;
  Node* admin_ = nullptr;
  std::set<std::size_t> core_;     // the brokers of the core
  std::set<std::size_t> healthy_;  // these and the clients
  std::map<std::string, std::uint64_t> damaged_files_;
  Violations found_;
  ViewedLife viewed_;  // the last member: the rest exists while it does
};

// In one life of four, followers that catch up are throttled, and a small lag takes them there and out of sync. The
// rate is about that of the life's writes, so that it delays them, but they catch up in time.
void choose_throttle(Random random, Plan& plan) {
  if (!random.chance(1, 4)) return;
  constexpr std::int64_t shards_max = 3;  // of one of which all leaders may be
  constexpr std::int64_t batch_overhead = 100;
  auto producers = plan.setting(settings::clients) * plan.setting(settings::producers);
  auto batches = producers * (plan.setting(settings::safety_ms) / plan.setting(settings::producer_pace_ms) + 1);
  auto written =
      batches * (batch_overhead + plan.setting(settings::batch_records_max) * plan.setting(settings::value_bytes_max));
  auto to_feed_all_s = random.between(1, 10);
  plan.set(settings::throttled_rate, std::max<std::int64_t>(shards_max * written / to_feed_all_s, 1000));
  plan.set(settings::catch_up_lag, random.between(1, 64));
  plan.set(settings::replica_lag_ms, random.between(500, 10'000));
}

}  // namespace

void choose_cluster_settings(Random random, Plan& plan) {
  auto choose = [&](const char* name, std::int64_t low, std::int64_t high) {
    return random.split(name).between(low, high);
  };
  choose_workload(random, plan);
  plan.set(settings::brokers, choose("brokers", 0, 2) == 0 ? 5 : 3);
  plan.set(settings::replication_factor,
           plan.setting(settings::brokers) == 5 && choose("replication factor", 0, 1) ? 5 : 3);
  plan.set(settings::shards, choose("shards", 0, 2));
  plan.set(settings::reshard, choose("reshard", 0, 1));
  plan.set(settings::segment_bytes, std::int64_t{1} << choose("segment bytes", 9, 16));
  plan.set(settings::index_interval_bytes, std::int64_t{1} << choose("index interval", 4, 12));
  plan.set(settings::checkpoint_ms, choose("checkpoint", 200, 10'000));
  plan.set(settings::retention_check_ms, choose("retention check", 500, 10'000));
  plan.set(settings::safety_ms, choose("length", 20'000, 90'000));
  plan.set(settings::racks, choose("racks", 0, 1));
  plan.set(settings::guarded_topic, choose("guarded topic", 0, 2) == 0);
  plan.set(settings::metadata_snapshot_bytes, std::int64_t{1} << choose("metadata snapshot bytes", 8, 13));
  plan.set(settings::metadata_segment_bytes, std::int64_t{1} << choose("metadata segment bytes", 8, 13));
  // Small blocks in half of the lives, so that many are allocated.
  if (choose("small producer id blocks", 0, 1))
    plan.set(settings::producer_id_block, choose("producer id block", 1, 4));
  plan.set(settings::rest, choose("rest", 0, 3));
  plan.set(settings::rest_count, choose("rest count", 1, static_cast<std::int64_t>(victims_max(plan))));
  // In half of the lives a small lag puts a replica out of sync.
  if (choose("in sync", 0, 1)) plan.set(settings::replica_lag_ms, choose("replica lag", 1000, 10'000));
  choose_throttle(random.split("throttle"), plan);
  // In half of the lives topics are reconfigured while they are used.
  if (choose("configured", 0, 1)) plan.set(settings::config_pace_ms, std::int64_t{1} << choose("config pace", 8, 13));
  // In one life of four topics are guarded by access control lists, which change.
  if (choose("access", 0, 3) == 0) plan.set(settings::access_pace_ms, std::int64_t{1} << choose("access pace", 8, 12));
  // In two lives of three the metadata is stored in snapshots often, and brokers start from them.
  if (choose("metadata snapshots", 0, 2) > 0)
    plan.set(settings::metadata_snapshot_bytes, std::int64_t{1} << choose("metadata snapshot bytes", 9, 14));
}

std::size_t victims_max(const Plan& plan) {
  return static_cast<std::size_t>(plan.setting(settings::replication_factor) - 1) / 2;
}

FaultWindow fault_window(const Plan& plan) {
  FaultWindow window;
  window.begin = faults_begin;
  window.end = window.begin + milliseconds(plan.setting(settings::safety_ms));
  window.nodes.servers = static_cast<std::size_t>(plan.setting(settings::brokers));
  window.nodes.all = window.nodes.servers + static_cast<std::size_t>(plan.setting(settings::clients));
  return window;
}

LifeResult run_cluster(const Plan& plan, const LifeOptions& options) {
  return ClusterLife(plan, options).run();
}

}  // namespace fulmar
