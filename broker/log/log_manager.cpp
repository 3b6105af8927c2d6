#include "broker/log/log_manager.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/fiber/at_once.h"
#include "runtime/fiber/patient_rounds.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::string_view deleted_suffix = "-delete";
constexpr std::string_view stray_suffix = "-stray";
constexpr Duration flush_interval = seconds(1);              // how often flush.ms is checked
constexpr Duration checkpoint_patience = milliseconds(100);  // the longest wait for one log's checkpoint
constexpr std::size_t checkpoint_bytes_max = 1024;
constexpr Duration look_work = nanoseconds(200);  // to check whether a log is to be flushed

std::string hex(std::uint64_t number) {
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, number >>= 4) *at = "0123456789abcdef"[number & 15];
  return text;
}

// Removes a directory and the files in it.
Result<void> remove_all(Disk& disk, const std::string& directory) {
  FULMAR_TRY(auto entries, disk.list(directory));
  for (const auto& entry : entries) FULMAR_TRY_VOID(disk.remove(directory + "/" + entry.name));
  return disk.remove_directory(directory);
}

}  // namespace

LogManager::LogManager(Host& host, LogLimits limits)
    : context_(host, limits),
      log_(host.log().named("log")),
      root_sync_([&host] { return host.disk().sync_directory(""); }) {}

LogManager::~LogManager() = default;

Result<std::shared_ptr<PartitionLog>> LogManager::open(const std::string& name, LogConfig config, bool clean,
                                                       OnDamage on_damage, Epoch epoch_max) {
  FULMAR_ASSERT(!logs_.contains(name));
  auto& disk = context_.host.disk();
  FULMAR_TRY_VOID(disk.create_directory(name));
  // At the same time as the syncs within the directory: nobody writes to the log before all of them are done.
  Result<void> named;
  FiberGroup beside;
  beside.spawn("sync data directory", [&] { named = root_sync_(); });
  auto opened = PartitionLog::open(context_, name, config, clean, on_damage, epoch_max);
  beside.join();
  FULMAR_TRY_VOID(named);
  if (!opened) return std::unexpected(opened.error());
  std::shared_ptr<PartitionLog> log = std::move(*opened);
  logs_.emplace(name, log);
  return log;
}

std::shared_ptr<const PartitionLog> LogManager::find(std::string_view name) const {
  auto found = logs_.find(name);
  return found == logs_.end() ? nullptr : found->second;
}

void LogManager::release(const std::string& name) {
  auto found = logs_.extract(name);
  FULMAR_ASSERT(!found.empty() && found.mapped()->offline());
  found.mapped()->abandon();
}

Result<void> LogManager::remove(const std::string& name) {
  if (auto found = logs_.extract(name); !found.empty()) found.mapped()->abandon();
  auto& disk = context_.host.disk();
  auto grave = name + "." + hex(context_.host.entropy().next()) + std::string(deleted_suffix);
  auto renamed = disk.rename(name, grave);
  if (!renamed && renamed.error().code == Errc::not_found) return {};
  if (!renamed) return renamed;
  FULMAR_TRY_VOID(root_sync_());
  // From here on the partition is deleted; files that remain are removed at the next start.
  if (auto removed = remove_all(disk, grave); !removed)
    log_.warn("files of a deleted partition stay behind",
              {{"directory", grave}, {"reason", to_string(removed.error())}});
  return {};
}

Result<bool> LogManager::holds_records(const std::string& name) const {
  auto entries = context_.host.disk().list(name);
  if (!entries && entries.error().code == Errc::not_found) return false;
  if (!entries) return std::unexpected(entries.error());
  for (const auto& entry : *entries) {
    if (entry.name == damage_mark) return true;
    if (parse_segment_file_name(entry.name, ".log") && entry.size > 0) return true;
    if (entry.name != checkpoint_name) continue;
    auto text = read_file(context_.host.disk(), name + "/" + entry.name, checkpoint_bytes_max);
    if (!text && text.error().code != Errc::too_large) return std::unexpected(text.error());
    if (!text || Checkpoint::decode(text->view()) != Checkpoint{}) return true;
  }
  return false;
}

Result<std::string> LogManager::set_aside(const std::string& name) {
  FULMAR_ASSERT(!logs_.contains(name));
  auto aside = name + "." + hex(context_.host.entropy().next()) + std::string(stray_suffix);
  FULMAR_TRY_VOID(context_.host.disk().rename(name, aside));
  FULMAR_TRY_VOID(context_.host.disk().sync_directory(""));
  return aside;
}

Result<void> LogManager::remove_leftovers(Disk& disk, const std::vector<DirectoryEntry>& entries) {
  for (const auto& entry : entries)
    if (entry.is_directory && entry.name.ends_with(deleted_suffix)) FULMAR_TRY_VOID(remove_all(disk, entry.name));
  return {};
}

void LogManager::start() {
  fibers_.spawn("checkpoints", [this] { write_checkpoints(); });
  fibers_.spawn("flush.ms", [this] { flush_by_time(); });
}

void LogManager::write_checkpoints() {
  PatientRounds<std::string> rounds("checkpoint");
  auto& clock = context_.host.clock();
  for (;;) {
    clock.sleep_for(context_.limits.checkpoint_interval);
    for (auto next = logs_.begin(); next != logs_.end();) {
      auto [name, log] = *next;
      auto write = [this, name, log] {
        auto written = log->checkpoint();
        if (!written) log_.warn("checkpoint failed", {{"partition", name}, {"reason", to_string(written.error())}});
      };
      rounds.visit(name, write, clock.deadline_in(checkpoint_patience));
      next = logs_.upper_bound(name);  // logs may have been opened and removed meanwhile
    }
  }
}

void LogManager::flush_by_time() {
  auto& clock = context_.host.clock();
  std::map<std::string, Instant> last_flush;
  for (;;) {
    clock.sleep_for(flush_interval);
    auto now = clock.now();
    for (auto next = logs_.begin(); next != logs_.end();) {
      const auto [name, log] = *next;
      auto flush_ms = log->config().flush_ms;
      // Closed segments are synced in any case, as in Kafka: they can be compacted, and recovery need not check them.
      const auto& segments = log->segments();
      if (!segments.empty() && log->stable_end() < segments.back()->base_offset()) log->flush();
      if (flush_ms < std::numeric_limits<std::int64_t>::max() / 1'000'000) {
        auto& last = last_flush.try_emplace(name, now).first->second;
        bool due = now - last >= milliseconds(flush_ms);
        if (due) last = now;
        if (due) log->flush();
      }
      work_in_slices(look_work);
      next = logs_.upper_bound(name);  // logs may have been opened and removed meanwhile
    }
    std::erase_if(last_flush, [&](const auto& entry) { return !logs_.contains(entry.first); });
  }
}

bool LogManager::close() {
  fibers_.cancel();
  fibers_.join();
  std::vector<std::shared_ptr<PartitionLog>> logs;
  for (const auto& [name, log] : logs_) logs.push_back(log);
  // Each log has several files to sync; the logs do so at the same time.
  auto closed = at_once(logs, static_cast<std::size_t>(context_.limits.syncs_at_once_max), [this](const auto& log) {
    auto done = log->close();
    if (!done)
      log_.warn("log not closed in order", {{"partition", log->directory()}, {"reason", to_string(done.error())}});
    return done;
  });
  return closed.has_value();
}

}  // namespace fulmar
