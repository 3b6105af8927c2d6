#include "broker/server/shard/log_cleaner.h"

#include <algorithm>

#include "broker/protocol/timestamps.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr Duration wait_max = milliseconds(100);  // who closes the log is not kept waiting longer
constexpr Duration pause_min = milliseconds(1);
constexpr std::int64_t dedupe_bytes_min = std::int64_t{64} << 10;

}  // namespace

LogCleaner::LogCleaner(BrokerShard& shard) : shard_(shard), clock_(shard.host().clock()) {
  set_settings(shard.config().cleaner);
}

void LogCleaner::set_settings(const CleanerSettings& settings) {
  settings_ = settings;
  rate_.reset();
  if (settings.bytes_per_second)
    rate_.emplace(std::max<std::int64_t>(*settings.bytes_per_second / shard_.host().shard_count(), 1));
}

void LogCleaner::start() {
  if (shard_.config().cleaner.enabled) fibers_.spawn("log cleaner", [this] { run(); });
}

void LogCleaner::stop() {
  fibers_.cancel();
  fibers_.join();
}

void LogCleaner::run() {
  std::set<GroupId> failed;  // since the last pause
  for (;;) {
    auto next = dirtiest(failed);
    if (!next) {
      failed.clear();
      shard_.host().clock().sleep_for(std::max(settings_.backoff, pause_min));
      continue;
    }
    auto done = clean(*next);
    ++(done ? shard_.counts().compactions : shard_.counts().compactions_failed);
    if (done) continue;
    FULMAR_MARK("compaction: cleaning failed");
    failed.insert(next->replica->group());
    auto& log = next->replica->log();
    // What is damaged is told of where it is mended; what is gone needs no cleaning.
    if (!log.offline() && done.error().code != Errc::closed)
      shard_.log().warn("log not compacted", {{"partition", log.directory()}, {"reason", to_string(done.error())}});
  }
}

std::optional<LogCleaner::Candidate> LogCleaner::dirtiest(const std::set<GroupId>& failed) {
  std::vector<std::shared_ptr<Replica>> compacted;
  shard_.partitions().each([&](const PartitionKey&, const Partition& partition) {
    const auto& replica = partition.replica;
    if (replica && replica->log().config().compacts && !failed.contains(replica->group())) compacted.push_back(replica);
  });
  std::optional<Candidate> dirtiest;
  double dirty_ratio_max = 0;
  for (auto& replica : compacted) {
    if (replica->out_of_order() || replica->raft().hard_state().damage != 0) continue;
    auto& log = replica->log();
    auto closed = closed_segments(log, replica->last_stable_offset().value_or(0));
    if (!closed || closed->empty()) continue;
    auto plan = plan_cleaning(*closed, log.cleaned_to(), policy_of(log.config()), clock_.now_ms());
    if (auto bytes = plan.clean_bytes + plan.dirty_bytes; bytes > 0)
      dirty_ratio_max = std::max(dirty_ratio_max, static_cast<double>(plan.dirty_bytes) / static_cast<double>(bytes));
    if (plan.due && (!dirtiest || plan.before(dirtiest->plan))) dirtiest = {replica, std::move(*closed), plan};
  }
  shard_.counts().dirty_ratio_max = dirty_ratio_max;
  return dirtiest;
}

Result<void> LogCleaner::pace(std::size_t bytes, const PartitionLog& log) {
  auto& clock = shard_.host().clock();
  if (rate_) rate_->take(bytes, clock.now());
  while (rate_ && !rate_->has_room(clock.now()) && !log.offline())
    clock.sleep_for(std::min(rate_->room_at() - clock.now(), wait_max));
  return log.offline() ? Result<void>(fail(Errc::closed, "the log is offline")) : Result<void>();
}

Result<void> LogCleaner::clean(const Candidate& candidate) {
  auto& replica = *candidate.replica;
  auto& log = replica.log();
  const auto& plan = candidate.plan;
  const auto cuts = log.cuts();
  const auto held_from = log.held_from();
  auto changed = [&] { return log.offline() || log.cuts() != cuts || log.held_from() != held_from; };
  const auto bytes_max =
      std::max(settings_.dedupe_bytes / static_cast<std::int64_t>(shard_.host().shard_count()), dedupe_bytes_min);
  KeyOffsets last(static_cast<std::size_t>(bytes_max), shard_.host().entropy().next());
  auto pace_log = [&](std::size_t bytes) { return pace(bytes, log); };
  const auto now = clock_.now_ms();
  const ExpiryRule rule{.below = replica.raft().tombstones_removable(), .now = now};
  std::size_t expired = 0, markers = 0;
  FULMAR_TRY(auto end, note_keys(log, plan.from, plan.up_to, last, pace_log));
  auto keep = [&](const ReadRecord& record) {
    auto bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
    auto fate = fate_of(record, last, end, rule);
    bool stays = fate == Fate::stays;
    if (fate == Fate::expired) {
      FULMAR_MARK("compaction: tombstone removed");
      ++expired;
    }
    (void)pace(stays ? 2 * bytes : bytes, log);  // whether the log is there still, who calls looks at itself
    return stays;
  };
  const Expiry expiry{.delete_horizon = later(now, log.config().delete_retention_ms),
                      .marker_goes = [&](const BatchHeader& marker) {
                        bool goes = fate_of_marker(marker, rule) == Fate::expired;
                        if (goes) ++markers;
                        return goes;
                      }};
  const auto before = log.size_bytes();
  for (const auto& run : plan_runs(candidate.closed, end, policy_of(log.config()))) {
    if (changed()) {
      FULMAR_MARK("compaction: log changed while it was cleaned");
      break;
    }
    FULMAR_TRY_VOID(replica.remove_records(run.base_offset, run.count, keep, expiry));
  }
  // Segments that retention took, or in which damage was found, may have been left out.
  auto closed = closed_segments(log, replica.last_stable_offset().value_or(0));
  if (changed() || !closed || closed->empty() || closed->back().next_offset < end) {
    FULMAR_MARK("compaction: cleaning given up");
    return fail(Errc::closed, "the log was changed meanwhile");
  }
  FULMAR_TRY_VOID(replica.note_cleaned(end, cuts));
  const auto after = log.size_bytes();
  if (after < before) shard_.counts().compacted_away_bytes += static_cast<std::int64_t>(before - after);
  if (auto* observer = shard_.broker().observer) observer->compacted(replica.group(), replica.raft().self(), expired);
  shard_.log().info("log compacted", {{"partition", log.directory()},
                                      {"from", plan.from},
                                      {"up_to", end},
                                      {"keys", last.size()},
                                      {"tombstones_removed", expired},
                                      {"markers_removed", markers},
                                      {"bytes_before", before},
                                      {"bytes", after}});
  return {};
}

}  // namespace fulmar
