#include "scenarios/piping_member.h"

#include <map>

#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/piping_client.h"

namespace fulmar {

PipingMember::PipingMember(Host& host, Workload& workload, Random random)
    : Passing(host, workload, random), number_(workload.next_piping_member++) {
  stage_ = static_cast<std::size_t>(number_) % workload.grouped_stages;
}

void PipingMember::live() {
  begin();
  while (!workload_.stop) {
    if (join() && pass_all_on()) continue;
    if (random_.chance(1, 4)) end();
    pause(host_, random_, 500);
  }
  leave();
  note_wrong_answer(workload_, host_, cluster_.saw_wrong_answer(), "a member of a pipeline");
}

std::string PipingMember::group() const {
  return group_of_stage(stage_);
}

std::optional<std::string> PipingMember::instance() const {
  return number_ % 3 == 1 ? std::optional("piping-" + std::to_string(number_)) : std::nullopt;
}

void PipingMember::begin() {
  begin_membership();
  id_ = "member-" + std::to_string(number_) + "-" + std::to_string(processes_++);
}

// It leaves, or vanishes without.
void PipingMember::end() {
  if (random_.chance(1, 2)) leave();
  begin();
}

// Until the group, an error, or its chosen time ends it. False: it is to begin again after a pause.
bool PipingMember::pass_all_on() {
  TransactionalProducerOptions options;
  options.transactional_id = id_;
  options.timeout_ms = static_cast<std::int32_t>(random_.between(1'000, transaction_timeout_ms_max));
  options.epoch_per_transaction = random_.chance(2, 3);
  TransactionalProducer producer(host_, cluster_, options);
  if (!producer.init()) return false;
  workload_.history.take_overs.push_back({id_, producer.producer_epoch(), host_.clock().now()});
  ClusterClient reading(host_, patient_options(workload_, random_.split("reading")));
  std::map<std::int32_t, Consumer> consumers;
  const auto reading_of = own_;
  for (auto partition : reading_of) {
    auto from = stage_read_up_to(host_, workload_, cluster_, stage_, partition);
    if (!from) return false;
    auto [consumer, added] = consumers.try_emplace(partition, host_, reading, committed_only(workload_), source());
    consumer->second.assign(partition, *from);
  }
  auto rounds = random_.between(1, 20);
  for (std::int64_t round = 0; round < rounds && !workload_.stop; ++round) {
    if (auto now = standing(); now != Standing::same) return now == Standing::changed;
    for (auto& [partition, consumer] : consumers) {
      // In the middle of the last transaction it may have begun as another process, or have been assigned others.
      if (id_ != options.transactional_id || own_ != reading_of) return true;
      partition_ = partition;
      if (pass_on(producer, consumer)) continue;
      if (random_.chance(1, 2)) (void)producer.end(false);  // else it times out, or is aborted by the next init()
      return false;
    }
    if (consumers.empty()) pause(host_, random_, 1500);
  }
  return true;
}

}  // namespace fulmar
