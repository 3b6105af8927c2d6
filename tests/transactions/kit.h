// A transaction coordinator with a log, for tests: one call for each request; appends are committed at once unless they
// are held. Producer ids begin at 1000.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/transactions/coordinator.h"

namespace fulmar {

class TransactionKit {
 public:
  TransactionKit() { fail_over(); }

  // Each returns the request's token; the answer, if there is one, is in `answers`.
  TransactionToken init(const std::string& id, std::int32_t timeout_ms = 60'000, ProducerId producer = -1,
                        std::int16_t epoch = -1);
  TransactionToken add(const ProducerClaim& producer, const PartitionsByTopic& partitions,
                       TransactionVersion version = TransactionVersion::v2);
  TransactionToken end(const ProducerClaim& producer, TransactionEnd end,
                       TransactionVersion version = TransactionVersion::v2);

  // The answer; fails the test if there is none.
  TransactionAnswer said(TransactionToken token);
  ErrorCode error(TransactionToken token) { return said(token).error; }
  // The producer that init() returns.
  ProducerClaim producer(const std::string& id, std::int32_t timeout_ms = 60'000);
  // All unmarked partitions get their markers; returns how many.
  int mark_all();
  // The transactional id's state: in the log, or as described: "Ongoing" ...
  std::string state(const std::string& id) const { return core->describe(id).transaction_state; }

  void commit_held();
  void fail_held(ErrorCode why);
  // Another coordinator replays the committed records.
  void fail_over();
  void pass(milliseconds time);
  void take();
  CoordinatorTime time() const { return {now, wall}; }

  TransactionSettings settings;
  std::unique_ptr<TransactionCoordinator> core;
  std::map<TransactionToken, TransactionAnswer> answers;
  bool hold = false;
  std::deque<TransactionAppend> held;
  std::vector<TransactionLogRecord> log;
  Instant now{1'000'000'000};
  Timestamp wall = 1'000'000;
  ProducerId next_id = 1'000;

 private:
  // Makes the request, and once more with a producer id if it needs one.
  template <class Ask>
  TransactionToken ask(Ask&& request);

  TransactionToken last_token_ = 0;
};

}  // namespace fulmar
