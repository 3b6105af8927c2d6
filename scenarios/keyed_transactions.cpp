// Clients that write records of few keys to a compacted topic in transactions, of which some are aborted or left open:
// compaction removes the records of the aborted ones, and in time the markers of all.
#include "broker/client/transactional_producer.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/keyed_client.h"
#include "scenarios/passing.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

class KeyedTransactions {
 public:
  KeyedTransactions(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        number_(workload.next_producer++),
        random_(host.entropy().stream()),
        cluster_(host, patient_options(workload, random_.split("cluster"))) {}

  void live() {
    make_compacted_topic(host_, workload_, cluster_);
    while (!workload_.stop) {
      TransactionalProducerOptions options;
      options.transactional_id = "keyed-" + std::to_string(number_);
      options.timeout_ms = static_cast<std::int32_t>(random_.between(1'000, transaction_timeout_ms_max));
      options.epoch_per_transaction = random_.chance(2, 3);
      TransactionalProducer producer(host_, cluster_, options);
      if (producer.init())
        for (auto left = random_.between(1, 20); left > 0 && !workload_.stop && transact(producer); --left)
          pause(host_, random_, pace());
      pause(host_, random_, 4 * pace());
    }
    note_wrong_answer(workload_, host_, cluster_.saw_wrong_answer(), "a producer of transactions");
  }

 private:
  std::int64_t pace() const { return workload_.plan.setting(settings::keyed_pace_ms); }

  // False if the transaction is left open, or something failed: the next producer aborts it, or its timeout.
  bool transact(TransactionalProducer& producer) {
    std::vector<std::size_t> sent;
    bool written = true;
    for (auto left = random_.between(1, 4); left > 0 && written; --left) {
      auto next = next_keyed(host_, workload_, random_, number_);
      sent.push_back(next.index);
      auto offset = producer.send(compacted_topic, next.partition, next.records);
      written = offset.has_value();
      if (written) workload_.history.keyed_sends[next.index].offset = *offset;
      if (random_.chance(1, 4)) pause(host_, random_, pace());
    }
    const auto way = random_.below(12);
    if (!written || way == 0) {
      workload_.marks.reach(Mark::transaction_abandoned);
      note(sent, Outcome::failed);
      return false;
    }
    const bool commit = way >= 4;
    const bool ended = producer.end(commit).has_value();
    note(sent, !commit ? Outcome::failed : ended ? Outcome::ok : Outcome::unknown);
    if (ended) workload_.marks.reach(commit ? Mark::transaction_committed : Mark::transaction_aborted);
    return ended;
  }

  void note(const std::vector<std::size_t>& sent, Outcome outcome) {
    for (auto index : sent) {
      auto& send = workload_.history.keyed_sends[index];
      send.outcome = outcome;
      send.completed = host_.clock().now();
      tell_ended(workload_, send);
    }
  }

  Host& host_;
  Workload& workload_;
  const int number_;
  Random random_;
  ClusterClient cluster_;
};

}  // namespace

void write_keys_in_transactions(Host& host, Workload& workload) {
  KeyedTransactions(host, workload).live();
}

}  // namespace fulmar
