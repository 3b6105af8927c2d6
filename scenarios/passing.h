// Passing: passes records of a pipeline's topic on to the next topic, in transactions that also commit the offset up to
// which it has read them. The base of pipelines whose partitions are fixed, and of those whose partitions are assigned
// by a group.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/consumer.h"
#include "broker/client/transactional_producer.h"
#include "runtime/base/random.h"
#include "scenarios/workload.h"

namespace fulmar {

inline constexpr Duration piping_patience = seconds(8);  // of one step, in a cluster with faults
inline constexpr std::int32_t transaction_timeout_ms_max = 10'000;
inline constexpr std::string_view fed_value = "fed";  // of the records that no transaction has written

bool is_ring(const Workload& workload);
// Pipeline n reads the n-th topic.
std::size_t pipelines(const Workload& workload);
const std::string& target_of(const Workload& workload, std::size_t stage);
// A record of the pipelines.
PipedRecord piped(const ReadRecord& record);
ClusterClientOptions patient_options(const Workload& workload, Random random);
ConsumerOptions committed_only(const Workload& workload);
// In a healthy cluster without writers: waits until no transaction of the partition is open, and returns its end. One
// that stays open longer than its timeout explains is in `seen`.
Offset wait_until_decided(Host& host, Workload& workload, ClusterClient& cluster, const std::string& topic,
                          std::int32_t partition);

class Passing {
 protected:
  Passing(Host& host, Workload& workload, Random random)
      : host_(host),
        workload_(workload),
        random_(random),
        cluster_(host, patient_options(workload, random_.split("cluster"))) {}
  virtual ~Passing() = default;
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;

  const std::string& source() const { return workload_.stages[stage_]; }
  const std::string& target() const { return target_of(workload_, stage_); }
  // One transaction, in the history: of what the consumer of the partition gets. Some are aborted, and some left open.
  // Returns false if it is left open, in doubt or refused.
  bool pass_on(TransactionalProducer& producer, Consumer& consumer);

  // The member of the stage's group that commits; without an id: none.
  virtual CommittingMember member() const { return {}; }
  // Called when a transaction's records are written, before it commits their offset.
  virtual void before_offset() {}

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  std::size_t stage_ = 0;
  std::int32_t partition_ = 0;
  std::string id_;  // the transactional id

 private:
  struct Taken {
    std::vector<ReadRecord> records = {};
    Offset position = -1;  // requested
    Instant at = {};
  };

  // The next records of the source, some of those that are there; none, if there are none yet.
  Taken take(Consumer& consumer);
  std::size_t begin(const TransactionalProducer& producer);
  // Other clients begin transactions meanwhile: a reference would not stay valid.
  PipedTransaction& of(std::size_t index) { return workload_.history.transactions[index]; }
  void note_read(std::uint64_t transaction, const Taken& taken);
  // One record for each of these, unless it vanishes after some of them. Returns false as pass_on().
  bool write(TransactionalProducer& producer, const std::vector<ReadRecord>& records, std::size_t index,
             std::size_t vanish_after);
  // Of a member, also a commit in the history of its group.
  Answer<void> commit_offset(TransactionalProducer& producer, const CommittingMember& as, Offset next);
  // Returns once another client has taken over and had time for a write, or after some seconds: the next write may come
  // in the midst of the other's transaction.
  void wait_for_successor(std::int16_t epoch);
  bool vanish();
  bool refused(ErrorCode error);
};

}  // namespace fulmar
