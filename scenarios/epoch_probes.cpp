// Sends requests with leader epochs that can't be the leader's: past ones, which have been superseded, and ones far in
// the future, which no leader has had (KIP-320). Whoever leads, or believes to lead, has to refuse them.
#include <map>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

namespace {

constexpr Epoch far = 1'000'000;
constexpr std::int16_t names_topics = 12;  // the last version of Fetch that does

class EpochProber {
 public:
  EpochProber(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

  void live() {
    while (!workload_.stop) {
      pause(host_, random_, 2000);
      probe(pick_partition(random_, workload_), host_.clock().deadline_in(workload_.request_timeout));
    }
  }

 private:
  void probe(const TopicPartition& tp, Deadline deadline) {
    auto connection = brokers_.any(deadline);
    if (!connection || !learn(**connection, tp.topic, deadline)) return;
    if (!known_.contains(tp) || known_[tp] < 1) return;
    const auto known = known_[tp];
    const auto claimed = random_.chance(1, 2) ? static_cast<Epoch>(random_.below(static_cast<std::uint64_t>(known)))
                                              : known + far + static_cast<Epoch>(random_.below(far));
    EpochProbe probe{tp, claimed, known, host_.clock().now(), false};
    auto leader = random_.chance(1, 2) ? brokers_.leader(tp.topic, tp.partition, deadline) : connection;
    if (!leader) return;
    auto error = ask(**leader, tp, claimed, deadline);
    if (!error) return;
    probe.served = *error == ErrorCode::none;
    if (!probe.served) brokers_.doubt_leader(tp.topic, tp.partition);
    workload_.history.epoch_probes.push_back(probe);
  }

  bool learn(ClientConnection& connection, const std::string& name, Deadline deadline) {
    MetadataRequest request;
    request.topics.emplace().push_back({{}, name});
    auto metadata = connection.call<MetadataResponse>(request, deadline);
    if (!metadata) return false;
    for (const auto& topic : metadata->topics)
      for (const auto& partition : topic.partitions) {
        auto& epoch = known_.try_emplace({name, partition.index}, -1).first->second;
        epoch = std::max(epoch, partition.leader_epoch);
      }
    return true;
  }

  // One of the requests that name the leader's epoch; nullopt: no answer.
  std::optional<ErrorCode> ask(ClientConnection& leader, const TopicPartition& tp, Epoch claimed, Deadline deadline) {
    switch (random_.below(3)) {
      case 0: {
        ListOffsetsRequest request;
        request.topics.push_back({tp.topic, {{tp.partition, claimed, -1}}});
        return error_of(leader.call<ListOffsetsResponse>(request, deadline));
      }
      case 1: {
        OffsetForLeaderEpochRequest request;
        request.topics.push_back({tp.topic, {{tp.partition, claimed, 0}}});
        return error_of(leader.call<OffsetForLeaderEpochResponse>(request, deadline));
      }
      default: {
        FetchRequest request;
        request.max_bytes = 1;
        request.topics.emplace_back().name = tp.topic;
        auto& asked = request.topics[0].partitions.emplace_back();
        asked.index = tp.partition;
        asked.current_leader_epoch = claimed;
        asked.max_bytes = 1;
        return error_of(leader.call<FetchResponse>(request, deadline, names_topics));
      }
    }
  }
  template <class Response>
  static std::optional<ErrorCode> error_of(const Result<Response>& response) {
    if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return std::nullopt;
    return response->topics[0].partitions[0].error_code;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  std::map<TopicPartition, Epoch> known_;
};

}  // namespace

void probe_epochs(Host& host, Workload& workload) {
  EpochProber(host, workload).live();
}

}  // namespace fulmar
