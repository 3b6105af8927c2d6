// A topic that is deleted and created again under the same name, with records in it, and read.
//
// Its client sends one request after the other, and identifies the topic by its id: it deletes and reads by id, and
// produces once to a broker that has just reported this id. So acknowledged records belong to this topic and to no
// other of its name; others may appear in a later one. Now and then it names the topic before by its id, which is
// deleted for certain: it must neither get a record of the present one, nor put one there, nor delete it.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_validation.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

class Remaker {
 public:
  Remaker(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        name_("remade-" + std::to_string(workload.next_remade++)),
        producer_(workload.next_producer++),
        consumer_(workload.next_consumer++),
        brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

  void live() {
    while (!workload_.stop) {
      if (!make()) break;
      auto asks = random_.between(0, 12);
      for (std::int64_t i = 0; i < asks && !workload_.stop; ++i) {
        pause(host_, random_, workload_.plan.setting(settings::remake_pace_ms));
        if (earlier_ && random_.chance(1, 3))
          use_earlier_id();
        else if (random_.chance(2, 3))
          send(at_, nullptr);
        else
          read();
      }
      if (workload_.stop || !remove()) break;
    }
  }

 private:
  struct Made {
    TopicPartition at;
    Uuid id;
  };

  Deadline soon() const { return host_.clock().deadline_in(workload_.request_timeout); }
  void wait() { pause(host_, random_, 500); }

  // Until it exists with a new id, or the workload stops.
  bool make() {
    while (!workload_.stop) {
      auto deadline = soon();
      auto connection = brokers_.any(deadline);
      if (connection) {
        CreateTopicsRequest request;
        request.timeout_ms = 2000;
        auto& topic = request.topics.emplace_back();
        topic.name = name_;
        topic.num_partitions = 1;
        topic.replication_factor =
            static_cast<std::int16_t>(workload_.plan.setting_or(settings::replication_factor, 1));
        (void)(*connection)->call<CreateTopicsResponse>(request, deadline);
        auto id = ask_id(**connection, deadline);
        if (id && !known_.contains(*id)) {
          known_.insert(*id);
          auto number = known_.size();
          if (number > 1) earlier_ = Made{at_, id_};
          first_value_ = workload_.next_value;
          at_ = {name_ + "#" + std::to_string(number), 0};
          id_ = *id;
          sent_ = false;
          workload_.history.topics[at_.topic] = {true, std::int64_t{7} * 24 * 3600 * 1000, true};
          workload_.remade[name_] = {at_.topic, id_};
          if (number > 1) workload_.marks.reach(Mark::topic_made_again);
          return true;
        }
      }
      wait();
    }
    return false;
  }

  // The id of the topic of that name, according to this broker.
  std::optional<Uuid> ask_id(ClientConnection& connection, Deadline deadline) {
    MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace().push_back({{}, name_});
    auto metadata = connection.call<MetadataResponse>(request, deadline);
    if (!metadata || metadata->topics.size() != 1 || metadata->topics[0].error_code != ErrorCode::none)
      return std::nullopt;
    return metadata->topics[0].topic_id;
  }

  // By id: however late the request arrives, it affects no other topic.
  bool remove() {
    workload_.remade.erase(name_);
    while (!workload_.stop) {
      auto deadline = soon();
      auto connection = brokers_.any(deadline);
      if (connection) {
        DeleteTopicsRequest request;
        request.timeout_ms = 2000;
        request.topics = {{std::nullopt, id_}};
        auto response = (*connection)->call<DeleteTopicsResponse>(request, deadline);
        bool answered = response && response->responses.size() == 1;
        auto error = answered ? response->responses[0].error_code : ErrorCode::unknown_server_error;
        if (error == ErrorCode::none || error == ErrorCode::unknown_topic_id) {
          if (sent_) workload_.marks.reach(Mark::record_in_deleted_topic);
          return true;
        }
      }
      wait();
    }
    return false;
  }

  // The connection to its leader, if that broker knows this topic.
  Answer<Brokers::Connection> leader(Deadline deadline) {
    FULMAR_TRY(auto connection, brokers_.leader(name_, 0, deadline));
    if (ask_id(*connection, deadline) == id_) return connection;
    brokers_.doubt_leader(name_, 0);
    return refuse(ErrorCode::unknown_topic_id, "the leader knows another topic of that name");
  }

  void use_earlier_id() {
    workload_.marks.reach(Mark::earlier_id_used);
    switch (random_.below(3)) {
      case 0: return send(earlier_->at, &earlier_->id);
      case 1: return read_by_earlier_id();
      default: return delete_by_earlier_id();
    }
  }
  void violate(const char* anomaly, const std::string& text) {
    workload_.seen.push_back({"topic ids", anomaly, at_.topic + ": " + text, host_.clock().now()});
  }

  // A broker that is behind may still have the records of the topic before.
  void read_by_earlier_id() {
    auto found = fetch(earlier_->id);
    if (!found) return;
    for (const auto& record : found->records)
      if (record.value >= first_value_)
        return violate("read-by-earlier-id", "offset " + std::to_string(record.offset) + " is read by the id of " +
                                                 earlier_->at.topic + ", which is deleted");
  }

  void delete_by_earlier_id() {
    auto deadline = soon();
    auto connection = brokers_.any(deadline);
    if (!connection) return;
    DeleteTopicsRequest request;
    request.timeout_ms = 2000;
    request.topics = {{std::nullopt, earlier_->id}};
    auto response = (*connection)->call<DeleteTopicsResponse>(request, deadline);
    if (response && response->responses.size() == 1 && response->responses[0].error_code == ErrorCode::none)
      violate("deleted-twice",
              "the deletion of " + earlier_->at.topic + " by its id is answered without an error again");
  }

  // To the present topic by its name, or by an id.
  void send(const TopicPartition& to, const Uuid* id) {
    auto deadline = soon();
    auto connection = leader(deadline);
    if (!connection) return;
    auto count = static_cast<int>(random_.between(1, 3));
    auto index = workload_.history.sends.size();
    SendOperation begun;
    begun.producer = producer_;
    begun.to = to;
    begun.first_value = std::exchange(workload_.next_value, workload_.next_value + static_cast<ValueId>(count));
    begun.count = count;
    begun.idempotent = false;
    begun.invoked = host_.clock().now();
    std::vector<Record> records;
    for (int i = 0; i < count; ++i) {
      Record record;
      record.value = make_value(begun.first_value + static_cast<ValueId>(i), 30);
      record.timestamp = host_.clock().wall_ms();
      records.push_back(std::move(record));
    }
    workload_.history.sends.push_back(std::move(begun));
    tell_begun(workload_, workload_.history.sends[index]);
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 2000;
    request.topics.push_back({name_, {{0, ByteChain(build_batch(records, {}))}}});
    if (id) request.topics[0].topic_id = *id;
    constexpr std::int16_t names_topics = 12;
    auto response = (*connection)->call<ProduceResponse>(request, deadline, id ? std::int16_t{32767} : names_topics);
    auto& send = workload_.history.sends[index];
    send.completed = host_.clock().now();
    bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
    bool stored = answered && response->topics[0].partitions[0].error_code == ErrorCode::none;
    send.outcome = stored ? Outcome::ok : Outcome::unknown;
    if (stored) send.base_offset = response->topics[0].partitions[0].base_offset;
    tell_ended(workload_, send);
    if (id) return;
    if (!stored) return brokers_.doubt_leader(name_, 0);
    sent_ = true;
  }

  void read() {
    auto found = fetch(id_);
    if (!found) return brokers_.doubt_leader(name_, 0);
    tell_ended(workload_, *found);
    workload_.history.reads.push_back(std::move(*found));
  }

  // From its beginning, from the broker that leads the present topic; nullopt: the answer is an error, or there is
  // none.
  std::optional<ReadOperation> fetch(const Uuid& id) {
    auto deadline = soon();
    auto connection = leader(deadline);
    if (!connection) return std::nullopt;
    FetchRequest request;
    request.max_wait_ms = 10;
    request.max_bytes = 1 << 20;
    FetchRequest::Topic topic;
    topic.topic_id = id;
    topic.name = name_;
    topic.partitions.emplace_back().max_bytes = 1 << 20;
    request.topics.push_back(std::move(topic));
    ReadOperation read;
    read.consumer = consumer_;
    read.from = at_;
    read.position = 0;
    read.sought = true;
    read.invoked = host_.clock().now();
    auto response = (*connection)->call<FetchResponse>(request, deadline);
    read.completed = host_.clock().now();
    bool answered = response && response->error_code == ErrorCode::none && response->topics.size() == 1 &&
                    response->topics[0].partitions.size() == 1;
    if (!answered || response->topics[0].partitions[0].error_code != ErrorCode::none) return std::nullopt;
    const auto& part = response->topics[0].partitions[0];
    read.high_watermark = part.high_watermark;
    read.log_start = part.log_start_offset;
    for (Bytes bytes = part.records.flatten(); !bytes.empty();) {
      auto header = read_batch_header(bytes.view());
      if (!header || header->size() > bytes.size()) break;
      auto records = read_records(bytes.slice(0, header->size()), 1 << 20);
      if (!records) {
        read.corrupt = true;
        break;
      }
      for (const auto& record : *records)
        if (!header->control())
          read.records.push_back(see_value(record.offset, record.value ? record.value->view() : std::string_view()));
      bytes = bytes.slice(header->size());
    }
    return read;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  std::string name_;
  int producer_;
  int consumer_;
  ClusterClient brokers_;
  std::set<Uuid> known_;
  TopicPartition at_;
  Uuid id_;
  std::optional<Made> earlier_;  // the one before, which is deleted
  ValueId first_value_ = 0;      // records of this one have it or later ones
  bool sent_ = false;
};

}  // namespace

void remake_topic(Host& host, Workload& workload) {
  Remaker(host, workload).live();
}

}  // namespace fulmar
