// At the end of a life, when the core is healthy and nobody else sends requests: a transaction stays open for a second,
// with records of others behind its first. Meanwhile consumers of committed records get nothing of it, and nothing from
// behind it: their end of the log is the last stable offset, and a long poll waits its whole time, without keeping the
// brokers busy. Once the transaction has ended, the same poll is answered at once.
//
// A single failure may be due to a moved leadership or coordinator; repeated failures are violations.
#include "broker/client/admin.h"
#include "broker/client/transactional_producer.h"
#include "broker/protocol/messages/fetch.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration answer_max = milliseconds(1500);
constexpr Duration vain_wait = seconds(1);
constexpr std::int16_t names_topics = 12;  // the last version of Fetch that does
constexpr int tries_max = 3;
// A cluster at rest has about 3,000 to 15,000 in a second.
constexpr std::uint64_t events_per_second_max = 100'000;

class TransactionInPeace {
 public:
  TransactionInPeace(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        brokers_(host, core_options(workload, random_.split("cluster"))),
        producer_(host, brokers_, {.transactional_id = "in-peace"}) {
    auto topic = std::next(workload.topics.begin(), static_cast<std::ptrdiff_t>(random_.below(workload.topics.size())));
    at_ = {topic->first, 0};
  }

  void live() {
    std::string reasons;
    for (int i = 0; i < tries_max; ++i) {
      auto trouble = transact();
      if (trouble.empty() || violated_) return;
      reasons += "\nby " + to_string(host_.clock().now()) + ": " + trouble;
      brokers_.doubt_leader(at_.topic, at_.partition);
      host_.clock().sleep_for(seconds(1));
    }
    violate("unanswered-transaction", "several times:" + reasons);
  }

 private:
  void violate(const char* anomaly, const std::string& text) {
    workload_.seen.push_back({"in peace", anomaly, to_string(at_) + ": " + text, host_.clock().now()});
    violated_ = true;
  }

  // The end of the log; for consumers of committed records, the last stable offset.
  Answer<Offset> end_of_log(bool committed_only) {
    FULMAR_TRY(auto ends, list_offsets(brokers_, at_.topic, {at_.partition}, LookupOperation::latest, committed_only));
    return ends.at(at_.partition);
  }

  // A long poll for committed records. Returns how many bytes it got.
  Answer<std::size_t> poll(Offset from) {
    auto fetch = fetch_from(at_, from, 1, vain_wait);
    fetch.isolation_level = 1;
    auto deadline = host_.clock().deadline_in(vain_wait + answer_max);
    FULMAR_TRY(auto leader, brokers_.leader(at_.topic, at_.partition, deadline));
    FULMAR_TRY(auto response, leader->call<FetchResponse>(fetch, deadline, names_topics));
    if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "an answer of another shape");
    const auto& part = response.topics[0].partitions[0];
    if (part.error_code != ErrorCode::none) return refuse(part.error_code, "the poll");
    return part.records.size();
  }

  Answer<void> send_outside_of_it() {
    ProducerOptions options;
    options.idempotent = false;
    options.request_timeout = options.delivery_timeout = answer_max;
    Producer others(host_, brokers_, options);
    auto sent = others.send(at_.topic, at_.partition, {record()});
    if (sent.outcome != Delivery::Outcome::ok) return refuse(sent.error, "Produce");
    return {};
  }
  Record record() { return {"in peace", "in peace", host_.clock().wall_ms(), {}}; }

  // What went wrong without being a violation; empty: nothing did.
  std::string transact() {
    auto why = [](const char* what, const ClientError& error) { return what + (": " + to_string(error)); };
    if (auto begun = producer_.init(); !begun) return why("InitProducerId", begun.error());
    auto first = producer_.send(at_.topic, at_.partition, {record()});
    if (!first) return why("the first record", first.error());
    if (auto sent = send_outside_of_it(); !sent) return why("another's record", sent.error());
    if (auto trouble = watch_open(*first); !trouble.empty() || violated_) return trouble;
    const bool commits = random_.chance(1, 2);
    if (auto ended = producer_.end(commits); !ended) return why("EndTxn", ended.error());
    return watch_ended(*first);
  }

  std::string watch_open(Offset first) {
    auto stable = end_of_log(true);
    auto end = end_of_log(false);
    if (!stable || !end) return "ListOffsets: " + to_string(stable ? end.error() : stable.error());
    if (*stable > first)
      violate("beyond-stable", "the end for consumers of committed records is " + std::to_string(*stable) +
                                   ", though a transaction is open from " + std::to_string(first));
    if (*end < first + 2)
      return "the end is " + std::to_string(*end) + ", and two records from " + std::to_string(first) +
             " on are acknowledged";
    auto begun = host_.clock().now();
    auto events = workload_.events ? workload_.events() : 0;
    auto got = poll(first);
    auto taken = host_.clock().now() - begun;
    if (!got) return "Fetch: " + to_string(got.error());
    if (*got > 0)
      violate("beyond-stable", "a poll for committed records from " + std::to_string(first) + " got " +
                                   std::to_string(*got) + " bytes, though a transaction is open from there");
    else if (taken < vain_wait)
      violate("ended-early", "a poll for committed records had nothing to get, and was answered after " +
                                 std::to_string(taken / milliseconds(1)) + " of " +
                                 std::to_string(vain_wait / milliseconds(1)) + " ms");
    if (workload_.events &&
        workload_.events() - events >
            events_per_second_max * static_cast<std::uint64_t>(std::max<std::int64_t>(1, taken / seconds(1))))
      violate("busy-waiting", std::to_string(workload_.events() - events) + " events happened while one poll waited " +
                                  std::to_string(taken / milliseconds(1)) + " ms");
    return "";
  }

  // Either way there are the others' record and the marker.
  std::string watch_ended(Offset first) {
    auto begun = host_.clock().now();
    auto got = poll(first);
    if (!got) return "Fetch: " + to_string(got.error());
    if (*got == 0)
      return "nothing is committed " + std::to_string((host_.clock().now() - begun) / milliseconds(1)) +
             " ms after the end";
    workload_.marks.reach(Mark::waited_behind_transaction);
    return "";
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  TransactionalProducer producer_;
  TopicPartition at_;
  bool violated_ = false;
};

}  // namespace

int transact_in_peace(Host& host, Workload& workload) {
  // The topic of transactions can't be made while a broker is away that is to have a replica.
  const bool all_there = std::ssize(workload.core) == workload.plan.setting_or(settings::brokers, 0);
  if (all_there || !workload.stages.empty()) TransactionInPeace(host, workload).live();
  return 0;
}

}  // namespace fulmar
