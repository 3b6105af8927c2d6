// Members of pipelines under the consumer protocol (KIP-848). In the middle of a transaction some send heartbeats, give
// up what they are to give up, and commit nevertheless, with the epoch that they had before. Of static members
// sometimes the process leaves for a while then, and the next one joins before the previous one commits its offset.
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

class ConsumerPipingMember final : public PipingMember {
 public:
  ConsumerPipingMember(Host& host, Workload& workload, Random random)
      : PipingMember(host, workload, random), owned_(workload, group()) {}

 private:
  void begin_membership() override {
    give_up_all();
    ConsumerMemberOptions options;
    options.group = group();
    options.instance_id = instance();
    options.topics = {source()};
    options.rebalance_timeout = rebalance_timeout;
    auto high = random_.next();
    member_.emplace(host_, cluster_, std::move(options), Uuid{high, random_.next()});
  }
  void leave() override {
    give_up_all();
    (void)member_->leave(false);
  }

  bool join() override { return standing() != Standing::lost; }

  Standing standing() override {
    auto asked = host_.clock().now();
    auto heard = member_->heartbeat(has_);
    if (!heard) {
      if (heard.error().code == ErrorCode::fenced_instance_id) {
        begin();
      } else if (member_->epoch() == 0) {
        give_up_all();
      }
      return Standing::lost;
    }
    owned_.heard(asked);
    has_ = member_->assigned();
    std::set<std::int32_t> wanted;  // all of one topic
    for (const auto& [topic, partitions] : has_) wanted.insert(partitions.begin(), partitions.end());
    owned_.change_to(wanted, member_->id(), host_.clock().now());
    return std::exchange(own_, wanted) == wanted ? Standing::same : Standing::changed;
  }

  void give_up_all() {
    owned_.give_up_all(host_.clock().now());
    own_.clear();
    has_.clear();
  }

  CommittingMember member() const override { return {member_->id(), member_->epoch(), instance()}; }
  void before_offset() override {
    if (!random_.chance(1, 3)) return;
    if (random_.chance(1, 2)) {
      for (auto beats = random_.between(1, 4); beats > 0; --beats) {
        if (standing() == Standing::lost) return;
        pause(host_, random_, 1000);
      }
    } else if (instance() && random_.chance(1, 2)) {
      give_up_all();
      (void)member_->leave(true);
      begin();
      (void)join();
    } else {
      host_.clock().sleep_for(milliseconds(random_.between(1, 2 * consumer_session_timeout.count())));
    }
  }

  std::optional<ConsumerMember> member_;
  ConsumerMember::Partitions has_;  // as it has told the coordinator
  Ownerships owned_;
};

}  // namespace

void pipe_as_consumer(Host& host, Workload& workload, Random random) {
  ConsumerPipingMember(host, workload, random).live();
}

}  // namespace fulmar
