// A coordinator of transactions with a log, for tests: requests are made by one call each, and appends are committed at
// once unless they are held. Producer ids are given from 1000 on.
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

  // Each gives the token of the request; the answer is in answers, if it is given.
  TransactionToken init(const std::string& id, std::int32_t timeout_ms = 60'000, ProducerId producer = -1,
                        std::int16_t epoch = -1);
  TransactionToken add(const TransactionalProducer& producer, const PartitionsByTopic& partitions,
                       TransactionVersion version = TransactionVersion::v2);
  TransactionToken end(const TransactionalProducer& producer, TransactionEnd end,
                       TransactionVersion version = TransactionVersion::v2);

  // The answer; fails the test if there is none.
  TransactionAnswer said(TransactionToken token);
  ErrorCode error(TransactionToken token) { return said(token).error; }
  // A producer that init() is answered with.
  TransactionalProducer producer(const std::string& id, std::int32_t timeout_ms = 60'000);
  // All that is unmarked has its marker; how many partitions that was.
  int mark_all();
  // What is kept of the transactional id in the log, or what is described: "Ongoing" ...
  std::string state(const std::string& id) const { return core->describe(id).transaction_state; }

  void commit_held();
  void fail_held(ErrorCode why);
  // Another coordinator replays what was committed.
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
  // Makes the request, once more with a producer id if it needs one.
  template <class Ask>
  TransactionToken ask(Ask&& request);

  TransactionToken last_token_ = 0;
};

}  // namespace fulmar
