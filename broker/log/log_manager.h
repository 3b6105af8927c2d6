// LogManager: the partition logs of one shard, each in a directory `<topic>-<partition>` of the data directory, and the
// periodic work that does not change their contents: checkpoints, and flush.ms.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "broker/log/partition_log.h"
#include "broker/log/shared_sync.h"

namespace fulmar {

class LogManager {
 public:
  LogManager(Host& host, LogLimits limits);
  ~LogManager();

  // Opens the log of a partition, and creates its directory if necessary. After a clean stop (`clean`) indexes are
  // trusted. The log must not be open, nor being opened. `epoch_max`, errors: as PartitionLog::open().
  Result<std::shared_ptr<PartitionLog>> open(const std::string& name, LogConfig config, bool clean,
                                             OnDamage on_damage = OnDamage::refuse,
                                             Epoch epoch_max = std::numeric_limits<Epoch>::max());
  std::shared_ptr<const PartitionLog> find(std::string_view name) const;
  // Deletes a partition's log: renames its directory to a name that is no partition's, and removes it. Errors: io_error
  // if the renaming fails; then the log still exists.
  Result<void> remove(const std::string& name);
  // Whether a directory, which is of no open log, has or had records. One whose creation was interrupted by a power
  // loss has none. Errors: io_error.
  Result<bool> holds_records(const std::string& name) const;
  // Renames a directory, which is of no open log, to a name that is no partition's: `<name>.<number>-stray`, as Kafka
  // names stray directories. It stays there with all its files, for the operator. Returns its name. Errors: io_error.
  Result<std::string> set_aside(const std::string& name);
  // Drops a log that is offline; its files stay. Waits for operations in its directory: when this returns, the log may
  // be opened again.
  void release(const std::string& name);
  // Removes the directories of deleted partitions that an earlier process has left. `entries`: of the data directory.
  static Result<void> remove_leftovers(Disk& disk, const std::vector<DirectoryEntry>& entries);

  // Starts the periodic work.
  void start();
  // Stops it, and closes all logs. Returns whether all were closed without errors; if not, the next start recovers
  // them.
  bool close();

  LogContext& context() { return context_; }
  // Whether there are enough descriptors for one more connection and the logs. Closes files if necessary.
  bool make_room_for_a_connection() { return context_.files->make_room_for_one(); }

 private:
  void write_checkpoints();
  void flush_by_time();

  LogContext context_;
  Logger log_;
  SharedSync root_sync_;  // of the data directory, after partitions were created or removed
  std::map<std::string, std::shared_ptr<PartitionLog>, std::less<>> logs_;
  FiberGroup fibers_;
};

}  // namespace fulmar
