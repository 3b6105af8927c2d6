// Members of pipelines under the classic protocol. Of static members sometimes the next process joins in the middle of
// a transaction, before the previous one commits its offset.
#include <optional>

#include "broker/client/group_member.h"
#include "runtime/host/clock.h"
#include "scenarios/piping_client.h"
#include "scenarios/piping_member.h"

namespace fulmar {

namespace {

constexpr milliseconds session_timeout(6000);
constexpr milliseconds rebalance_timeout(6000);

class ClassicPipingMember final : public PipingMember {
 public:
  using PipingMember::PipingMember;

 private:
  void begin_membership() override {
    GroupMemberOptions options;
    options.group = group();
    options.instance_id = instance();
    options.protocol_type = "simulated";
    options.protocols = {{"in turn", Bytes::copy_of("")}};
    options.session_timeout = session_timeout;
    options.rebalance_timeout = rebalance_timeout;
    member_.emplace(host_, cluster_, std::move(options));
  }
  void leave() override { (void)member_->leave(); }

  // The leader assigns partitions to members in turn.
  bool join() override {
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
    workload_.history.group_syncs.push_back(
        {group(), member_->id(), member_->generation(), own_, instance().value_or(""), host_.clock().now(), invoked});
    return true;
  }

  Standing standing() override {
    auto heard = member_->heartbeat();
    if (heard) return Standing::same;
    return heard.error().code == ErrorCode::rebalance_in_progress ? Standing::changed : Standing::lost;
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

  std::optional<GroupMember> member_;
};

}  // namespace

void pipe_as_member(Host& host, Workload& workload, Random random) {
  ClassicPipingMember(host, workload, random).live();
}

}  // namespace fulmar
