// LogManager: the partition logs of one shard, each in a directory `<topic>-<partition>` of the data directory, and
// what has to be done from time to time that changes nothing of what they hold: checkpoints, and flush.ms.
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

  // Opens the log of a partition, making its directory if there is none yet. After a clean stop (`clean`) indexes are
  // believed. One at a time for each name. `epoch_max`, errors: as PartitionLog::open.
  Result<std::shared_ptr<PartitionLog>> open(const std::string& name, LogConfig config, bool clean,
                                             OnDamage on_damage = OnDamage::refuse,
                                             Epoch epoch_max = std::numeric_limits<Epoch>::max());
  std::shared_ptr<const PartitionLog> find(std::string_view name) const;
  // Deletes a partition's log: its directory gets a name that can't be mistaken for a partition's, then goes. Errors:
  // io_error, when the renaming fails: it is then there still.
  Result<void> remove(const std::string& name);
  // Whether a directory, of no open log, has or had any record in it: one that a power loss left half made had none.
  // Errors: io_error.
  Result<bool> holds_records(const std::string& name) const;
  // Gives a directory, of no open log, a name that can't be mistaken for a partition's, as Kafka does with strays:
  // `<name>.<number>-stray`. It stays there, with all its files, for people to look at. Returns its name. Errors:
  // io_error.
  Result<std::string> set_aside(const std::string& name);
  // Lets go of a log that is offline; its files stay. Waits for what was begun in its directory: once this returns it
  // may be opened again.
  void release(const std::string& name);
  // Removes what an earlier process left of deleted partitions. `entries`: of the data directory.
  static Result<void> remove_leftovers(Disk& disk, const std::vector<DirectoryEntry>& entries);

  // Starts the periodic work.
  void start();
  // Stops it, and closes all logs in order; whether all of them could be (else the next start has to recover).
  bool close();

  LogContext& context() { return context_; }
  // Whether one more connection leaves enough descriptors for the logs; closes files for it.
  bool make_room_for_a_connection() { return context_.files->make_room_for_one(); }

 private:
  void write_checkpoints();
  void flush_by_time();

  LogContext context_;
  Logger log_;
  SharedSync root_sync_;  // of the data directory, after partitions were made or removed
  std::map<std::string, std::shared_ptr<PartitionLog>, std::less<>> logs_;
  FiberGroup fibers_;
};

}  // namespace fulmar
