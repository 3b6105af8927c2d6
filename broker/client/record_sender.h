// RecordSender: gathers records into batches, one per partition, and sends them.
//
// Batches of different partitions are sent concurrently; those of one partition one after the other, so that no retry
// can change the order: records of a partition stay in the order of add(). After a batch that was not acknowledged,
// nothing more is sent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/partitioner.h"
#include "broker/client/producer.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/queue.h"

namespace fulmar {

class RecordSender {
 public:
  // All records go to `fixed_partition` if it is given, else to the partition that the partitioner chooses.
  RecordSender(Producer& producer, std::string topic, Partitioner partitioner,
               std::optional<std::int32_t> fixed_partition);

  // Waits while too many batches are in flight.
  void add(Record record);
  // Sends the gathered records, even if batches are not full. To be called before waiting for more records.
  void flush();
  // Sends the rest and waits for the outcome of all batches.
  void finish();

  // The outcomes of the records so far.
  struct Counts {
    std::int64_t acknowledged = 0;
    std::int64_t failed = 0;   // not written, for certain
    std::int64_t unknown = 0;  // written or not
  };
  const Counts& counts() const { return counts_; }
  // The error of the first batch that was not acknowledged.
  const std::optional<ClientError>& failure() const { return failure_; }

 private:
  // Well below the brokers' default limit (message.max.bytes, 1 MB); each batch waits for one sync.
  static constexpr std::size_t batch_bytes_max = 256 << 10;
  static constexpr std::size_t record_overhead_bytes_max = 32;  // lengths, deltas
  static constexpr std::size_t gathered_bytes_max = 16 << 20;   // in all partitions: then all are sent
  static constexpr std::size_t waiting_batches_max = 2;         // of a partition, besides the one in flight

  struct Lane {
    BoundedQueue<std::vector<Record>> batches{waiting_batches_max};
    std::vector<Record> gathered;
    std::size_t gathered_bytes = 0;
  };

  Lane& lane_for(const Record& record);
  void hand_over(Lane& lane);
  void send_batches(std::int32_t partition, Lane& lane);

  Producer& producer_;
  std::string topic_;
  Partitioner partitioner_;
  std::optional<std::int32_t> fixed_partition_;
  std::map<std::int32_t, Lane> lanes_;  // of the partitions that got a record
  std::size_t gathered_bytes_ = 0;
  Counts counts_;
  std::optional<ClientError> failure_;
  FiberGroup sending_;
};

}  // namespace fulmar
