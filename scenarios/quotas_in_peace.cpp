// At the end of a life with quotas, when all of them are removed and nobody else sends requests: a client that stays
// within its quota is not held back; one that does not is, for as long as it is told, once the quota is lowered; and
// once the quota is removed nobody is.
#include "broker/client/quota_admin.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

namespace {

constexpr const char* client_id = "in-peace";
constexpr const char* rate = "producer_byte_rate";
constexpr double high = 1e9;
constexpr double low = 2000;
constexpr std::size_t little = 100;
constexpr std::size_t much = 4000;
constexpr Duration pace = milliseconds(200);
constexpr Duration known_max = seconds(15);  // from a change of the quota until it is kept
constexpr Duration answer_max = seconds(20);
constexpr int tries_max = 3;

class QuotasInPeace {
 public:
  QuotasInPeace(Host& host, Workload& workload)
      : host_(host), workload_(workload), random_(host.entropy().stream()), cluster_(host, options()) {}

  void live() {
    if (!limit(high)) return;
    if (send_until(little, [](std::int32_t held) { return held > 0; }, seconds(2)))
      return say("held-for-nothing", "a client that is far below its quota is held back");
    if (!limit(low)) return;
    if (!send_until(much, [](std::int32_t held) { return held > 0; }, known_max))
      return say("quota-not-kept", "a client that is far beyond its quota is not held back");
    const auto held_until = sent_at_ + milliseconds(*told_);
    if (send(little) && host_.clock().now() < held_until && same_connection_)
      return say("quota-not-kept", "a client that is held back is served before that is over");
    workload_.marks.reach(Mark::quota_in_peace);
    if (!limit(std::nullopt)) return;
    if (!send_until(much, [](std::int32_t held) { return held == 0; }, known_max))
      return say("quota-stays", "a client is held back by a quota that was removed");
  }

 private:
  ClusterClientOptions options() {
    auto all = core_options(workload_, random_.split("cluster"));
    all.client_id = client_id;
    return all;
  }
  void say(const char* anomaly, const std::string& what) {
    workload_.seen.push_back({"quotas in peace", anomaly, what, host_.clock().now()});
  }

  // Also false where quotas are not supported yet.
  bool limit(std::optional<double> to) {
    for (int tries = 0; tries < tries_max; ++tries) {
      auto changed = alter_client_quotas(cluster_, {{"client-id", client_id}}, {{rate, to}});
      if (changed) return true;
      if (!is_retriable(changed.error().code)) return false;
    }
    return false;
  }

  // One batch; for how long the client is told that it is held back is in `told_`. Returns whether it was answered.
  bool send(std::size_t bytes) {
    told_.reset();
    auto deadline = host_.clock().deadline_in(answer_max);
    auto leader = cluster_.leader("synced", 0, deadline);
    if (!leader) return false;
    same_connection_ = std::exchange(connection_, *leader).lock() == *leader;
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 2000;
    Record record{std::nullopt, std::string(bytes, '.'), host_.clock().wall_ms(), {}};
    request.topics.push_back({"synced", {{0, ByteChain(build_batch({record}))}}});
    constexpr std::int16_t names_topics = 12;
    auto sent_at = host_.clock().now();
    auto response = (*leader)->call<ProduceResponse>(request, deadline, names_topics);
    if (!response) {
      cluster_.doubt_leader("synced", 0);
      return false;
    }
    if (response->topics.size() == 1 && response->topics[0].partitions.size() == 1 &&
        response->topics[0].partitions[0].error_code != ErrorCode::none)
      cluster_.doubt_leader("synced", 0);
    sent_at_ = sent_at;
    told_ = response->throttle_time_ms;
    return true;
  }
  template <class Holds>
  bool send_until(std::size_t bytes, const Holds& holds, Duration limit) {
    const auto give_up = host_.clock().now() + limit;
    while (host_.clock().now() < give_up) {
      if (send(bytes) && holds(*told_)) return true;
      host_.clock().sleep_for(pace);
    }
    return false;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  std::weak_ptr<ClientConnection> connection_;  // to the leader, of the last request
  bool same_connection_ = false;
  Instant sent_at_;
  std::optional<std::int32_t> told_;
};

}  // namespace

int have_quotas_in_peace(Host& host, Workload& workload) {
  QuotasInPeace(host, workload).live();
  return 0;
}

}  // namespace fulmar
