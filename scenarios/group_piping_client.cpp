// Pipelines whose partitions are assigned by the stage's group, under the classic protocol (KIP-447): each process has
// a transactional id of its own, so only the group's generation fences those that are not members any more. In the
// middle of a transaction some are silent for longer than their session, and go on as if nothing had been; of static
// members sometimes the next process joins then, before the previous one commits its offset.
#include <map>
#include <optional>
#include <set>

#include "broker/client/group_member.h"
#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/passing.h"
#include "scenarios/piping_client.h"

namespace fulmar {

namespace {

constexpr milliseconds session_timeout(6000);
constexpr milliseconds rebalance_timeout(6000);

class PipingMember final : private Passing {
 public:
  PipingMember(Host& host, Workload& workload, Random random)
      : Passing(host, workload, random), number_(workload.next_piping_member++) {
    stage_ = static_cast<std::size_t>(number_) % workload.grouped_stages;
  }

  void live() {
    begin();
    while (!workload_.stop) {
      if (join() && pass_all_on()) continue;
      if (random_.chance(1, 4)) end();
      pause(host_, random_, 500);
    }
    (void)member_->leave();
    note_wrong_answer(workload_, host_, cluster_.saw_wrong_answer(), "a member of a pipeline");
  }

 private:
  std::optional<std::string> instance() const {
    return number_ % 3 == 1 ? std::optional("piping-" + std::to_string(number_)) : std::nullopt;
  }

  // A new process.
  void begin() {
    GroupMemberOptions options;
    options.group = group_of_stage(stage_);
    options.instance_id = instance();
    options.protocol_type = "simulated";
    options.protocols = {{"in turn", Bytes::copy_of("")}};
    options.session_timeout = session_timeout;
    options.rebalance_timeout = rebalance_timeout;
    member_.emplace(host_, cluster_, std::move(options));
    id_ = "member-" + std::to_string(number_) + "-" + std::to_string(processes_++);
  }
  // It leaves, or vanishes without.
  void end() {
    if (random_.chance(1, 2)) (void)member_->leave();
    begin();
  }

  // Its partitions in the next generation are in `own_`.
  bool join() {
    auto joined = member_->join();
    if (!joined) {
      if (joined.error().code == ErrorCode::fenced_instance_id) begin();
      return false;
    }
    std::vector<SyncGroupRequest::Assignment> assignments;
    for (std::size_t n = 0; n < joined->members.size(); ++n) {
      std::string share;
      for (auto partition = n; partition < stage_partitions; partition += joined->members.size())
        share += std::to_string(partition) + " ";
      assignments.push_back({joined->members[n].member_id, Bytes::copy_of(share)});
    }
    auto invoked = host_.clock().now();
    auto synced = member_->sync(std::move(assignments));
    if (!synced) return false;
    own_.clear();
    for (std::int32_t partition = 0; partition < stage_partitions; ++partition)
      if (synced->view().contains(std::to_string(partition))) own_.insert(partition);
    workload_.history.group_syncs.push_back({group_of_stage(stage_), member_->id(), member_->generation(), own_,
                                             instance().value_or(""), host_.clock().now(), invoked});
    return true;
  }

  // Until the group, an error, or its chosen time ends it. False: it is to begin again after a pause.
  bool pass_all_on() {
    TransactionalProducerOptions options;
    options.transactional_id = id_;
    options.timeout_ms = static_cast<std::int32_t>(random_.between(1'000, transaction_timeout_ms_max));
    options.epoch_per_transaction = random_.chance(2, 3);
    TransactionalProducer producer(host_, cluster_, options);
    if (!producer.init()) return false;
    workload_.history.take_overs.push_back({id_, producer.producer_epoch(), host_.clock().now()});
    ClusterClient reading(host_, patient_options(workload_, random_.split("reading")));
    std::map<std::int32_t, Consumer> consumers;
    for (auto partition : own_) {
      auto from = stage_read_up_to(host_, workload_, cluster_, stage_, partition);
      if (!from) return false;
      auto [consumer, added] = consumers.try_emplace(partition, host_, reading, committed_only(workload_), source());
      consumer->second.assign(partition, *from);
    }
    auto rounds = random_.between(1, 20);
    for (std::int64_t round = 0; round < rounds && !workload_.stop; ++round) {
      auto heard = member_->heartbeat();
      if (!heard) return heard.error().code == ErrorCode::rebalance_in_progress;
      for (auto& [partition, consumer] : consumers) {
        partition_ = partition;
        if (pass_on(producer, consumer)) continue;
        if (random_.chance(1, 2)) (void)producer.end(false);  // else it times out, or is aborted by the next init()
        return false;
      }
      if (consumers.empty()) pause(host_, random_, 1500);
    }
    return true;
  }

  CommittingMember member() const override { return {member_->id(), member_->generation(), instance()}; }
  void before_offset() override {
    if (!random_.chance(1, 6)) return;
    if (instance() && random_.chance(1, 2)) {
      begin();
      (void)join();
    } else {
      host_.clock().sleep_for(milliseconds(random_.between(1, 2 * session_timeout.count())));
    }
  }

  const int number_;
  int processes_ = 0;
  std::optional<GroupMember> member_;
  std::set<std::int32_t> own_;
};

}  // namespace

void pipe_as_member(Host& host, Workload& workload, Random random) {
  PipingMember(host, workload, random).live();
}

}  // namespace fulmar
