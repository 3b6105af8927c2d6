// At the end of a life, when the core is healthy and nobody else sends requests: idle partitions answer at once,
// records are acknowledged, a long poll gets its record or waits in vain, and a deletion is acknowledged, each within
// about a second; every broker shows which others there are, a topic can be made on all of them, and preferred replicas
// can be made leaders. A single failure may be due to a moved leadership; repeated failures are violations.
//
// Everything has been read by now, so none of this is in the history.
#include <algorithm>
#include <set>
#include <utility>

#include "broker/client/admin.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

namespace {

constexpr Duration answer_max = milliseconds(1500);
constexpr Duration left_alone = milliseconds(2500);  // long enough for a group to be quiesced
constexpr Duration poll_wait = seconds(6);
constexpr Duration poll_begins = milliseconds(300);
constexpr Duration vain_wait = seconds(1);
constexpr Duration election_max = seconds(5);
constexpr Duration brokers_shown_max = seconds(20);  // who is away loses its session before
constexpr std::int16_t names_topics = 12;            // the last version of Produce and Fetch that does
constexpr int tries_max = 3;

class Peace {
 public:
  Peace(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        brokers_(host, options("cluster")),
        polling_(host, options("polls")) {
    for (const auto& [topic, spec] : workload.topics) partitions_.push_back({topic, spec.partitions - 1});
    for (const auto& [name, topic] : workload.remade) partitions_.push_back({name, 0});
  }

  void ask() {
    host_.clock().sleep_for(left_alone);
    for (const auto& tp : partitions_)
      if (random_.chance(1, 2)) insist(tp, "unanswered-deletion", &Peace::deletes_again);
    for (const auto& tp : partitions_) insist(tp, "unanswered-poll", &Peace::polls);
    for (const auto& tp : partitions_)
      if (random_.chance(1, 2)) insist(tp, "unanswered-poll", &Peace::waits_in_vain);
    host_.clock().sleep_for(left_alone);
    for (const auto& tp : partitions_) insist(tp, "unanswered-deletion", &Peace::deletes_again);
    if (workload_.core.empty()) return;
    for (const auto& [id, address] : workload_.core) shows_brokers(id, address);
    insist({"made-in-peace", 0}, "no-topic", &Peace::creates);
    for (const auto& tp : partitions_)
      if (random_.chance(1, 2)) insist(tp, "no-election", &Peace::elects);
  }

 private:
  ClusterClientOptions options(std::string_view stream) { return core_options(workload_, random_.split(stream)); }

  // Returns what went wrong; empty if nothing did.
  using Question = std::string (Peace::*)(const TopicPartition& tp);

  // A deletion without a response is made all the same, and repeating it would be answered at once.
  std::string deletes_again(const TopicPartition& tp) {
    if (std::exchange(asked_before_, true)) {
      if (auto wrong = polls(tp); !wrong.empty()) return wrong;
      host_.clock().sleep_for(left_alone);
    }
    return deletes(tp);
  }

  void insist(const TopicPartition& tp, const char* anomaly, Question question) {
    std::string reasons;
    asked_before_ = false;
    for (int i = 0; i < tries_max; ++i) {
      auto wrong = (this->*question)(tp);
      if (wrong.empty()) return;
      reasons += "\nby " + to_string(host_.clock().now()) + ": " + wrong;
      brokers_.doubt_leader(tp.topic, tp.partition);
      polling_.doubt_leader(tp.topic, tp.partition);
      host_.clock().sleep_for(seconds(1));
    }
    workload_.seen.push_back({"in peace", anomaly, to_string(tp) + ", several times:" + reasons, host_.clock().now()});
  }

  template <class Response, class Request>
  Answer<Response> ask_leader(ClusterClient& brokers, const TopicPartition& tp, const Request& request, Duration limit,
                              std::int16_t version_max = 32767) {
    auto deadline = host_.clock().deadline_in(limit);
    FULMAR_TRY(auto leader, brokers.leader(tp.topic, tp.partition, deadline));
    auto response = leader->template call<Response>(request, deadline, version_max);
    if (!response) return std::unexpected(response.error());
    return std::move(*response);
  }

  template <class Response>
  static const auto* only(const Answer<Response>& response) {
    using Partition = std::remove_cvref_t<decltype(response->topics[0].partitions[0])>;
    bool one = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
    return one ? &response->topics[0].partitions[0] : static_cast<const Partition*>(nullptr);
  }

  template <class Response>
  static std::string trouble(const Answer<Response>& response) {
    const auto* part = only(response);
    if (!part) return response ? "an answer of another shape" : to_string(response.error());
    return part->error_code == ErrorCode::none ? "" : error_code_name(part->error_code);
  }

  Answer<ListOffsetsResponse> list(const TopicPartition& tp, Timestamp which) {
    ListOffsetsRequest request;
    request.topics.push_back({tp.topic, {{tp.partition, -1, which}}});
    return ask_leader<ListOffsetsResponse>(brokers_, tp, request, answer_max);
  }

  std::string deletes(const TopicPartition& tp) {
    DeleteRecordsRequest request;
    request.timeout_ms = static_cast<std::int32_t>(answer_max / milliseconds(1));
    request.topics.push_back({tp.topic, {{tp.partition, -1}}});
    auto deleted = ask_leader<DeleteRecordsResponse>(brokers_, tp, request, answer_max);
    if (auto wrong = trouble(deleted); !wrong.empty()) return "DeleteRecords: " + wrong;
    auto listed = list(tp, LookupOperation::earliest);
    if (auto wrong = trouble(listed); !wrong.empty()) return "ListOffsets: " + wrong;
    if (only(listed)->offset >= only(deleted)->low_watermark) return "";
    return "the start is " + std::to_string(only(listed)->offset) + ", after the answer that it is " +
           std::to_string(only(deleted)->low_watermark);
  }

  std::string polls(const TopicPartition& tp) {
    auto end = list(tp, LookupOperation::latest);
    if (auto wrong = trouble(end); !wrong.empty()) return "ListOffsets: " + wrong;
    auto fetch = fetch_from(tp, only(end)->offset, 1, poll_wait);
    std::string polled;
    bool got = false;
    Instant polled_at;
    FiberGroup group;
    group.spawn("poll", [&] {
      auto deadline = host_.clock().deadline_in(2 * poll_wait);
      auto leader = polling_.leader(tp.topic, tp.partition, deadline);
      if (!leader) {
        polled = to_string(leader.error());
        return;
      }
      Answer<FetchResponse> response = std::unexpected(ClientError(ErrorCode::network_exception, ""));
      if (auto answered = (*leader)->call<FetchResponse>(fetch, deadline, names_topics))
        response = std::move(*answered);
      else
        response = std::unexpected(answered.error());
      polled = trouble(response);
      got = polled.empty() && !only(response)->records.empty();
      polled_at = host_.clock().now();
    });
    host_.clock().sleep_for(poll_begins);
    ProduceRequest produce;
    produce.acks = -1;
    produce.timeout_ms = static_cast<std::int32_t>(answer_max / milliseconds(1));
    Record record{std::nullopt, "in peace", host_.clock().wall_ms(), {}};
    produce.topics.push_back({tp.topic, {{tp.partition, ByteChain(build_batch({record}))}}});
    auto deadline = host_.clock().deadline_in(answer_max);
    auto leader = brokers_.leader(tp.topic, tp.partition, deadline);
    std::string sent = leader ? "" : to_string(leader.error());
    if (leader) {
      auto response = (*leader)->call<ProduceResponse>(produce, deadline, names_topics);
      if (!response)
        sent = to_string(response.error());
      else if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1)
        sent = "an answer of another shape";
      else if (response->topics[0].partitions[0].error_code != ErrorCode::none)
        sent = error_code_name(response->topics[0].partitions[0].error_code);
    }
    auto sent_at = host_.clock().now();
    group.join();
    if (!sent.empty()) return "Produce: " + sent;
    if (!polled.empty()) return "Fetch: " + polled;
    if (!got) return "the long poll ended without the record";
    if (polled_at > sent_at + answer_max) return "the long poll got its record late";
    workload_.marks.reach(Mark::long_poll);
    return "";
  }

  // There is nothing to read: so much that it must not be answered before the time is over, and must be then.
  std::string waits_in_vain(const TopicPartition& tp) {
    auto end = list(tp, LookupOperation::latest);
    if (auto wrong = trouble(end); !wrong.empty()) return "ListOffsets: " + wrong;
    auto fetch = fetch_from(tp, only(end)->offset, single_fetch_bytes_max, vain_wait);
    auto wrong = trouble(ask_leader<FetchResponse>(polling_, tp, fetch, vain_wait + answer_max, names_topics));
    return wrong.empty() ? "" : "Fetch: " + wrong;
  }

  // The metadata that this broker shows of the topic; of none: an empty name.
  Answer<MetadataResponse> metadata(ClusterClient& brokers, const std::string& topic) {
    MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace();
    if (!topic.empty()) request.topics->push_back({{}, topic});
    auto deadline = host_.clock().deadline_in(answer_max);
    FULMAR_TRY(auto connection, brokers.any(deadline));
    auto response = connection->call<MetadataResponse>(request, deadline);
    if (!response) return std::unexpected(response.error());
    return std::move(*response);
  }

  // The brokers of the core, and no other.
  void shows_brokers(std::int32_t id, const SocketAddress& address) {
    auto only_this = options("broker " + std::to_string(id));
    only_this.bootstrap = {address};
    ClusterClient one(host_, only_this);
    std::string shown;
    for (const auto give_up = host_.clock().now() + brokers_shown_max;;) {
      auto told = metadata(one, "");
      std::set<std::int32_t> ids;
      shown = told ? "" : to_string(told.error());
      for (const auto& broker : told ? told->brokers : std::vector<MetadataResponse::Broker>()) {
        ids.insert(broker.node_id);
        shown += " " + std::to_string(broker.node_id);
      }
      bool right = ids.size() == workload_.core.size();
      for (const auto& known : workload_.core) right = right && ids.contains(known.first);
      if (right) return;
      if (host_.clock().now() >= give_up) break;
      host_.clock().sleep_for(milliseconds(500));
    }
    std::string wanted;
    for (const auto& known : workload_.core) wanted += " " + std::to_string(known.first);
    workload_.seen.push_back(
        {"in peace", "wrong-brokers",
         "broker " + std::to_string(id) + " shows these brokers: " + shown + "; there are" + wanted,
         host_.clock().now()});
  }

  // Its broker is away, or it takes part in a move that can't end, since another's is.
  bool preferred_may_not_lead(const TopicPartition& tp) {
    auto is_away = [&](std::int32_t id) { return !workload_.core.contains(id); };
    auto moves = reassignments(brokers_);
    if (moves)
      if (auto move = moves->find({tp.topic, tp.partition}); move != moves->end())
        return std::ranges::any_of(move->second.replicas, is_away);
    auto told = metadata(brokers_, tp.topic);
    if (!told || told->topics.size() != 1) return false;
    for (const auto& partition : told->topics[0].partitions)
      if (partition.index == tp.partition && !partition.replica_nodes.empty())
        return is_away(partition.replica_nodes[0]);
    return false;
  }

  // Each broker that is there gets a replica, and no other.
  std::string creates(const TopicPartition& tp) {
    CreateTopicsRequest request;
    request.timeout_ms = static_cast<std::int32_t>(election_max / milliseconds(1));
    auto& topic = request.topics.emplace_back();
    topic.name = tp.topic;
    topic.num_partitions = 1;
    topic.replication_factor = static_cast<std::int16_t>(workload_.core.size());
    auto deadline = host_.clock().deadline_in(election_max + answer_max);
    auto connection = brokers_.any(deadline);
    if (!connection) return "CreateTopics: " + to_string(connection.error());
    auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
    if (!response || response->topics.size() != 1) return "CreateTopics: no answer";
    const auto& made = response->topics[0];
    if (made.error_code != ErrorCode::none && made.error_code != ErrorCode::topic_already_exists)
      return std::string("CreateTopics: ") + error_code_name(made.error_code) + " " + made.error_message.value_or("");
    auto told = metadata(brokers_, tp.topic);
    if (!told || told->topics.size() != 1 || told->topics[0].partitions.size() != 1) return "Metadata: not shown";
    std::string replicas;
    for (auto id : told->topics[0].partitions[0].replica_nodes) replicas += " " + std::to_string(id);
    for (auto id : told->topics[0].partitions[0].replica_nodes)
      if (!workload_.core.contains(id)) return "made with replicas on" + replicas;
    return "";
  }

  // An election that is done, or not needed, has the preferred replica lead.
  std::string elects(const TopicPartition& tp) {
    ElectLeadersRequest request;
    request.timeout_ms = static_cast<std::int32_t>(election_max / milliseconds(1));
    request.topics.emplace().push_back({tp.topic, {tp.partition}});
    auto deadline = host_.clock().deadline_in(election_max + answer_max);
    auto connection = brokers_.any(deadline);
    if (!connection) return "ElectLeaders: " + to_string(connection.error());
    auto response = (*connection)->call<ElectLeadersResponse>(request, deadline);
    if (!response) return "ElectLeaders: " + to_string(response.error());
    if (response->error_code != ErrorCode::none || response->topics.size() != 1 ||
        response->topics[0].partitions.size() != 1)
      return std::string("ElectLeaders: ") + error_code_name(response->error_code);
    auto error = response->topics[0].partitions[0].error_code;
    if (error == ErrorCode::preferred_leader_not_available && preferred_may_not_lead(tp)) return "";
    if (error != ErrorCode::none && error != ErrorCode::election_not_needed)
      return std::string("ElectLeaders: ") + error_code_name(error);
    std::string shown;
    for (const auto give_up = host_.clock().now() + answer_max; host_.clock().now() < give_up;) {
      auto told = metadata(brokers_, tp.topic);
      if (!told || told->topics.size() != 1) return "Metadata: no answer";
      for (const auto& partition : told->topics[0].partitions) {
        if (partition.index != tp.partition || partition.replica_nodes.empty()) continue;
        if (partition.leader_id == partition.replica_nodes[0]) return "";
        shown = std::to_string(partition.leader_id) + " leads, not " + std::to_string(partition.replica_nodes[0]);
      }
      host_.clock().sleep_for(milliseconds(100));
    }
    return std::string("ElectLeaders: ") + error_code_name(error) + ", and " + shown;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  ClusterClient polling_;  // a poll delays all later responses of its connection
  std::vector<TopicPartition> partitions_;
  bool asked_before_ = false;
};

}  // namespace

int ask_in_peace(Host& host, Workload& workload) {
  Peace(host, workload).ask();
  return 0;
}

}  // namespace fulmar
