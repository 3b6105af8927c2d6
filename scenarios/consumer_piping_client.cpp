// Members of pipelines under the consumer protocol (KIP-848). In the middle of a transaction some send heartbeats, give
// up what they are to give up, and commit nevertheless, with the epoch that they had before; in some of these cases to
// a member that joins just then and has the partitions while the offset is committed. Of static members sometimes the
// process leaves for a while then, and the next one joins before the previous one commits its offset.
#include <optional>
#include <utility>

#include "broker/client/consumer_member.h"
#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/consumer_sessions.h"
#include "scenarios/ownerships.h"
#include "scenarios/piping_client.h"
#include "scenarios/piping_member.h"

namespace fulmar {

namespace {

// long: no member is removed for slow revocation, since all give up at once
constexpr milliseconds rebalance_timeout(60'000);

// A member and what it has, as it has told the coordinator.
class Membership {
 public:
  Membership(Host& host, Workload& workload, ClusterClient& cluster, ConsumerMemberOptions options, const Uuid& id)
      : host_(host), owned_(workload, options.group), member_(host, cluster, std::move(options), id) {}

  // One heartbeat. Takes what is assigned and gives up at once what is not; all, if it is no member any more. Returns
  // its partitions, all of one topic.
  Answer<std::set<std::int32_t>> hear() {
    auto asked = host_.clock().now();
    auto heard = member_.heartbeat(has_);
    if (!heard) {
      if (member_.epoch() == 0) give_up_all();
      return std::unexpected(heard.error());
    }
    owned_.heard(asked);
    has_ = member_.assigned();
    std::set<std::int32_t> wanted;
    for (const auto& [topic, partitions] : has_) wanted.insert(partitions.begin(), partitions.end());
    owned_.change_to(wanted, member_.id(), host_.clock().now());
    return wanted;
  }
  void leave(bool to_be_back) {
    give_up_all();
    (void)member_.leave(to_be_back);
  }
  void give_up_all() {
    owned_.give_up_all(host_.clock().now());
    has_.clear();
  }
  const ConsumerMember& member() const { return member_; }

 private:
  Host& host_;
  ConsumerMember::Partitions has_;
  Ownerships owned_;
  ConsumerMember member_;
};

class ConsumerPipingMember final : public PipingMember {
 public:
  ConsumerPipingMember(Host& host, Workload& workload, Random random) : PipingMember(host, workload, random) {}

 private:
  void begin_membership() override {
    if (membership_) membership_->give_up_all();
    own_.clear();
    new_member(membership_, instance());
  }
  void new_member(std::optional<Membership>& member, std::optional<std::string> instance_id) {
    ConsumerMemberOptions options;
    options.group = group();
    options.instance_id = std::move(instance_id);
    options.topics = {source()};
    options.rebalance_timeout = rebalance_timeout;
    auto high = random_.next();
    member.emplace(host_, workload_, cluster_, std::move(options), Uuid{high, random_.next()});
  }
  void leave() override { leave(false); }
  void leave(bool to_be_back) {
    end_visit();
    own_.clear();
    membership_->leave(to_be_back);
  }

  bool join() override { return standing() != Standing::lost; }

  Standing standing() override {
    end_visit();
    return hear();
  }
  Standing hear() {
    auto heard = membership_->hear();
    if (!heard) {
      if (heard.error().code == ErrorCode::fenced_instance_id)
        begin();
      else if (membership_->member().epoch() == 0)
        own_.clear();
      return Standing::lost;
    }
    return std::exchange(own_, *heard) == *heard ? Standing::same : Standing::changed;
  }

  CommittingMember member() const override {
    return {membership_->member().id(), membership_->member().epoch(), instance()};
  }
  void before_offset() override {
    if (!random_.chance(1, 3)) return;
    if (random_.chance(1, 2)) {
      if (!visitor_ && random_.chance(1, 2)) new_member(visitor_, std::nullopt);
      for (auto beats = random_.between(1, visitor_ ? 8 : 4); beats > 0; --beats) {
        if (hear() == Standing::lost) return;
        if (visitor_) (void)visitor_->hear();
        pause(host_, random_, 1000);
      }
    } else if (instance() && random_.chance(1, 2)) {
      leave(true);
      begin();
      (void)join();
    } else {
      host_.clock().sleep_for(milliseconds(random_.between(1, 2 * consumer_session_timeout.count())));
    }
  }
  void end_visit() {
    if (visitor_) visitor_->leave(false);
    visitor_.reset();
  }

  std::optional<Membership> membership_;
  std::optional<Membership> visitor_;  // from the middle of a transaction until after it
};

}  // namespace

void pipe_as_consumer(Host& host, Workload& workload, Random random) {
  ConsumerPipingMember(host, workload, random).live();
}

}  // namespace fulmar
