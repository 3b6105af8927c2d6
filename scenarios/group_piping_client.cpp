// Members of pipelines under the classic protocol. In the middle of a transaction some are silent while a visitor
// joins, so that the group goes on without them, and commit nevertheless, with the generation that they had before. Of
// static members sometimes the next process joins then, before the previous one commits its offset.
#include <optional>
#include <utility>

#include "broker/client/group_member.h"
#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/piping_client.h"
#include "scenarios/piping_member.h"

namespace fulmar {

namespace {

constexpr milliseconds session_timeout(6000);
constexpr milliseconds rebalance_timeout(3000);  // short: a transaction has to last longer

class ClassicPipingMember final : public PipingMember {
 public:
  using PipingMember::PipingMember;

 private:
  void begin_membership() override { new_member(member_, instance()); }
  void new_member(std::optional<GroupMember>& member, std::optional<std::string> instance_id) {
    GroupMemberOptions options;
    options.group = group();
    options.instance_id = std::move(instance_id);
    options.protocol_type = "simulated";
    options.protocols = {{"in turn", Bytes::copy_of("")}};
    options.session_timeout = session_timeout;
    options.rebalance_timeout = rebalance_timeout;
    member.emplace(host_, cluster_, std::move(options));
  }
  void leave() override {
    end_visit();
    (void)member_->leave();
  }

  bool join() override {
    end_visit();
    auto joined = join(*member_, instance());
    if (!joined) {
      if (joined.error().code == ErrorCode::fenced_instance_id) begin();
      return false;
    }
    own_ = std::move(*joined);
    return true;
  }
  // Returns the partitions. If it leads, it assigns them to members in turn.
  Answer<std::set<std::int32_t>> join(GroupMember& member, const std::optional<std::string>& instance_id) {
    FULMAR_TRY(auto joined, member.join());
    std::vector<SyncGroupRequest::Assignment> assignments;
    for (std::size_t n = 0; n < joined.members.size(); ++n) {
      std::string share;
      for (auto partition = n; partition < stage_partitions; partition += joined.members.size())
        share += std::to_string(partition) + " ";
      assignments.push_back({joined.members[n].member_id, Bytes::copy_of(share)});
    }
    auto invoked = host_.clock().now();
    FULMAR_TRY(auto synced, member.sync(std::move(assignments)));
    std::set<std::int32_t> own;
    for (std::int32_t partition = 0; partition < stage_partitions; ++partition)
      if (synced.view().contains(std::to_string(partition))) own.insert(partition);
    workload_.history.group_syncs.push_back(
        {group(), member.id(), member.generation(), own, instance_id.value_or(""), host_.clock().now(), invoked});
    return own;
  }

  Standing standing() override {
    end_visit();
    auto heard = member_->heartbeat();
    if (heard) return Standing::same;
    return heard.error().code == ErrorCode::rebalance_in_progress ? Standing::changed : Standing::lost;
  }

  CommittingMember member() const override { return {member_->id(), member_->generation(), instance()}; }
  void before_offset() override {
    if (!random_.chance(1, 4)) return;
    if (random_.chance(1, 3)) {
      new_member(visitor_, std::nullopt);
      for (auto tries = random_.between(1, 3); tries > 0 && !join(*visitor_, std::nullopt); --tries)
        pause(host_, random_, 200);
    } else if (instance() && random_.chance(1, 2)) {
      begin();
      (void)join();
    } else {
      host_.clock().sleep_for(milliseconds(random_.between(1, 2 * session_timeout.count())));
    }
  }

  void end_visit() {
    if (visitor_) (void)visitor_->leave();
    visitor_.reset();
  }

  std::optional<GroupMember> member_;
  std::optional<GroupMember> visitor_;  // from the middle of a transaction until after it
};

}  // namespace

void pipe_as_member(Host& host, Workload& workload, Random random) {
  ClassicPipingMember(host, workload, random).live();
}

}  // namespace fulmar
