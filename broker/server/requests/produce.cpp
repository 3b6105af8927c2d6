// Produce: checks the batches on the connection's own shard, appends each on the shard that owns its partition, and
// responds once they are as safe as `acks` and the topic require.
//
// A connection begins a request only when the one before has been appended: so its batches reach each partition in the
// order in which they were sent, however long their checks take.
#include <algorithm>
#include <map>
#include <memory>

#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/produce.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/errors_in.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/leader_hint.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "broker/server/shard/produce_validation.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// One partition of the request.
struct Item {
  std::size_t topic;      // index in the request and in the response
  std::size_t partition;  // likewise
  const std::string* name;
  Uuid topic_id;
  std::int32_t index;
  Bytes records;
  BatchHeader batch;                                  // of the checked records
  std::optional<Replica::Verification> verification;  // for a transaction that is not open in the partition yet
  // The result.
  ErrorCode error = ErrorCode::none;
  std::string message;
  std::vector<RecordError> record_errors;
  Replica::Proposed proposed;
  std::weak_ptr<Replica> appended_by;  // used on its own shard only
  Offset log_start = -1;
};

constexpr std::int16_t first_version_with_topic_ids = 13;
constexpr std::int16_t first_version_with_abortable = 11;  // clients know TRANSACTION_ABORTABLE (KIP-890)
constexpr std::int16_t first_version_that_adds = 12;       // producing adds the partition to the transaction (KIP-890)
// As long as Kafka's add.partitions.to.txn.retry.backoff.max.ms is by default. The interval doubles from try to try, up
// to its add.partitions.to.txn.retry.backoff.ms: markers are mostly written within a few milliseconds.
constexpr Duration add_again_for = milliseconds(100);
constexpr Duration add_again_after_min = milliseconds(1);
constexpr Duration add_again_after_max = milliseconds(20);
// The number of records whose errors one response describes, over all partitions.
constexpr std::size_t response_record_errors_max = 1000;

using ItemsByShard = std::map<unsigned, std::vector<Item>>;

void refuse(Item& item, ErrorCode code, std::string message) {
  item.error = code;
  item.message = std::move(message);
}

void refuse(Item& item, Refusal why) {
  item.error = why.code;
  item.message = std::move(why.message);
  item.record_errors = std::move(why.record_errors);
}

void validate(BrokerShard& shard, Item& item, const ProduceConfig& topic, std::int16_t version) {
  auto validated = validate_in_slices(shard.validation(), shard.host().clock(), std::move(item.records), topic, version,
                                      shard.transaction_verification() != nullptr);
  if (!validated) return refuse(item, std::move(validated).error());
  item.batch = validated->header;
  item.records = std::move(validated->batch);
}

// Null if it is refused.
std::shared_ptr<Replica> replica_for(BrokerShard& owner, Item& item) {
  auto* partition = owner.partitions().find(*item.name, item.index);
  if (!partition || partition->topic_id != item.topic_id)
    refuse(item, ErrorCode::not_leader_or_follower, "this broker has no replica of the partition");
  else if (!partition->replica)
    refuse(item, partition->absence(),
           partition->failed ? "the partition's log can't be opened" : "the partition is not open yet");
  else
    return partition->replica;
  return nullptr;
}

// Begins the verification of a transactional batch (KIP-890).
void begin_verification(BrokerShard& owner, Item& item, bool own_epoch) {
  auto replica = replica_for(owner, item);
  if (!replica) return;
  auto begun = replica->begin_verification(item.batch, own_epoch);
  if (!begun) return refuse(item, std::move(begun).error());
  item.verification = *begun;
}

// The error for the client after the coordinator has answered. Temporary errors become ones that older clients retry.
ErrorCode verification_error(ErrorCode said, std::int16_t version) {
  switch (said) {
    case ErrorCode::network_exception:
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator: return ErrorCode::not_enough_replicas;
    case ErrorCode::concurrent_transactions:
      return version >= first_version_that_adds ? said : ErrorCode::not_enough_replicas;
    case ErrorCode::producer_fenced: return ErrorCode::invalid_producer_epoch;
    case ErrorCode::transaction_abortable:
      return version >= first_version_with_abortable ? said : ErrorCode::invalid_txn_state;
    default: return said;
  }
}

// Asks the coordinator once about the partitions in which these batches begin a transaction (KIP-890). Returns false,
// and leaves the batches to the next try, if their producer's last transaction still ends and this is not the last try.
bool verify_once(BrokerShard& shard, const std::string& transactional_id, std::int16_t version, ItemsByShard& items,
                 Deadline deadline, bool last_try) {
  const bool adds = version >= first_version_that_adds;
  auto is_asked_for = [](const Item& item) { return item.error == ErrorCode::none && item.batch.transactional(); };
  std::vector<Item*> open;
  std::vector<TransactionVerification::Partition> partitions;
  for (auto& [owner, list] : items) {
    auto& batch = list;
    if (std::ranges::none_of(batch, is_asked_for)) continue;
    shard.on(owner, [&](BrokerShard& there) {
      for (auto& item : batch)
        if (is_asked_for(item)) begin_verification(there, item, adds);
    });
    for (auto& item : batch) {
      if (!is_asked_for(item) || !item.verification) continue;
      if (!open.empty() && (item.batch.producer_id != open.front()->batch.producer_id ||
                            item.batch.producer_epoch != open.front()->batch.producer_epoch)) {
        FULMAR_MARK("produce: several producers in one transaction");
        refuse(item, ErrorCode::invalid_producer_id_mapping, "batches of several producers in one transaction");
        continue;
      }
      open.push_back(&item);
      partitions.push_back({*item.name, item.index});
    }
  }
  if (open.empty()) return true;
  const auto& first = open.front()->batch;
  auto said = shard.transaction_verification()->confirm(
      {transactional_id, first.producer_id, first.producer_epoch}, partitions,
      adds ? TransactionVerification::Ask::to_add : TransactionVerification::Ask::whether_added, deadline);
  if (adds && !last_try && std::ranges::find(said, ErrorCode::concurrent_transactions) != said.end()) {
    FULMAR_MARK("produce: last transaction still ends");
    return false;
  }
  for (std::size_t i = 0; i < open.size(); ++i) {
    auto error = i < said.size() ? said[i] : ErrorCode::network_exception;
    if (error == ErrorCode::none) continue;
    refuse(*open[i], verification_error(error, version),
           std::string("the coordinator has not confirmed the partition as part of the transaction: ") +
               error_code_name(error));
  }
  return true;
}

// A client that adds partitions by producing may begin its next transaction while the last one's markers are still
// written. Told so, it would wait for longer than that lasts, and some for seconds: so this tries again itself. Each
// try begins the verifications anew, for the marker that is waited for ends those from before.
void verify_transactions(BrokerShard& shard, const std::string& transactional_id, std::int16_t version,
                         ItemsByShard& items, Deadline deadline) {
  auto& clock = shard.host().clock();
  const auto tries_end = std::min(clock.now() + add_again_for, deadline.at);
  auto again_after = add_again_after_min;
  while (!verify_once(shard, transactional_id, version, items, deadline, clock.now() + again_after > tries_end)) {
    clock.sleep_for(again_after);
    again_after = std::min(2 * again_after, add_again_after_max);
  }
}

void append(BrokerShard& owner, Item& item, Safety safety) {
  auto replica = replica_for(owner, item);
  if (!replica) return;
  if (safety == Safety::committed && replica->leads() && !replica->enough_in_sync()) {
    FULMAR_MARK("produce: too few in sync");
    return refuse(item, ErrorCode::not_enough_replicas, "fewer replicas are in sync than min.insync.replicas wants");
  }
  std::optional<Epoch> expected;
  AppendOrigin origin;
  if (item.verification) {
    expected = item.verification->epoch;
    origin.verified = item.verification->number;
  }
  auto proposed = replica->append(item.batch, item.records, expected, origin);
  if (!proposed) return refuse(item, std::move(proposed).error());
  item.proposed = *proposed;
  if (!proposed->appended.duplicate) {
    owner.counts().produced_bytes += static_cast<std::int64_t>(item.records.size());
    owner.counts().produced_records += item.batch.record_count;
  }
  item.appended_by = replica;
  item.log_start = replica->log().log_start();
}

// On the owner's shard. The partition is looked up again: meanwhile the topic may have been deleted, or its log may
// have failed and been opened again, with or without this batch. (Then no error may say that nothing was written: a
// client without idempotence would write it again.)
void wait_until_safe(BrokerShard& owner, Item& item, Safety safety, Deadline deadline) {
  auto* partition = owner.partitions().find(*item.name, item.index);
  if (!partition || partition->topic_id != item.topic_id) {
    FULMAR_MARK("produce: topic deleted while it waited");
    return refuse(item, ErrorCode::unknown_topic_or_partition, "the topic was deleted");
  }
  auto replica = item.appended_by.lock();
  if (!replica || replica != partition->replica) {
    FULMAR_MARK("produce: log failed while it waited");
    return refuse(item, ErrorCode::kafka_storage_error, "the log failed, and may have the records or not");
  }
  // The client's timeout is for other replicas; whether this one has stored the batch is known as soon as its disk
  // responds.
  if (safety == Safety::kept || replica->raft().hard_state().solo) deadline = Deadline::never();
  auto error = replica->wait_until(safety, item.proposed, deadline);
  if (error != ErrorCode::none) refuse(item, error, "the records are written, but not known to be safe");
}

ByteChain answer(BrokerShard& shard, const RequestHeader& header, std::string_view listener,
                 const ProduceRequest& request, ItemsByShard& items, std::int32_t throttle_time_ms) {
  ProduceResponse response;
  response.throttle_time_ms = throttle_time_ms;
  response.topics.resize(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    response.topics[t].name = request.topics[t].name;
    response.topics[t].topic_id = request.topics[t].topic_id;
    response.topics[t].partitions.resize(request.topics[t].partitions.size());
  }
  auto record_errors_left = response_record_errors_max;
  for (auto& [owner, list] : items) {
    for (auto& item : list) {
      auto& out = response.topics[item.topic].partitions[item.partition];
      out.index = item.index;
      out.error_code = item.error;
      out.base_offset = item.error == ErrorCode::none ? item.proposed.appended.base_offset : -1;
      out.log_append_time_ms = item.error == ErrorCode::none ? item.proposed.appended.append_time : -1;
      out.log_start_offset = item.log_start;
      if (item.error == ErrorCode::none) continue;
      out.error_message = item.message;
      for (auto& error : item.record_errors) {
        if (record_errors_left == 0) break;
        --record_errors_left;
        out.record_errors.push_back({error.batch_index, std::move(error.message)});
      }
      if (const auto* topic = shard.image()->topic(*item.name)) hint_leader(shard, listener, *topic, -1, out, response);
    }
  }
  count_errors(shard.counts().apis, response);
  return response_frame(response, header.api_version, header.correlation_id);
}

}  // namespace

Result<Finish> begin_produce(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ProduceRequest>());
  auto image = shard.image();
  bool served = api_info(ApiKey::produce).serves(call.version());
  bool by_id = call.version() >= first_version_with_topic_ids;
  bool acks_known = request.acks == -1 || request.acks == 0 || request.acks == 1;
  Access access(shard, call);
  ItemsByShard items;
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    auto& topic = request.topics[t];
    if (by_id) topic.name = image->topic_name(topic.topic_id);
    const auto* known = image->topic(topic.name);
    const bool denied = !(by_id && !known) && !access.may_on_topic(AclOperation::write, topic.name);
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      auto& partition = topic.partitions[p];
      bool exists = known && partition.index >= 0 && partition.index < known->partition_count();
      Item item{.topic = t,
                .partition = p,
                .name = &topic.name,
                .topic_id = known ? known->id : Uuid{},
                .index = partition.index,
                .records = partition.records.flatten(),
                .batch = {},
                .verification = {},
                .message = {},
                .record_errors = {},
                .proposed = {},
                .appended_by = {}};
      if (!served)
        refuse(item, ErrorCode::unsupported_version, "Produce is served from version 3 on");
      else if (denied)
        refuse(item, ErrorCode::topic_authorization_failed, "the client may not write to this topic");
      else if (by_id && !known)
        refuse(item, ErrorCode::unknown_topic_id, "this broker has no topic of that id");
      else if (!exists)
        refuse(item, ErrorCode::unknown_topic_or_partition, "this broker has no such topic or partition");
      else if (is_internal_topic(topic.name))
        refuse(item, ErrorCode::invalid_topic_exception, "only coordinators write to this topic");
      else if (!acks_known)
        refuse(item, ErrorCode::invalid_required_acks, "acks must be -1, 0 or 1");
      if (item.error == ErrorCode::none) validate(shard, item, shard.produce_config(*known), call.version());
      unsigned owner = exists && acks_known && served ? shard.owner(known->id, partition.index) : shard.host().shard();
      items[owner].push_back(std::move(item));
    }
  }
  auto deadline = shard.host().clock().deadline_in(milliseconds(std::max(0, request.timeout_ms)));
  auto may_write_transaction = [&, decided = std::optional<bool>()]() mutable {
    if (!decided) decided = access.may_on_transaction(AclOperation::write, *request.transactional_id);
    return *decided;
  };
  for (auto& [owner, list] : items)
    for (auto& item : list) {
      if (item.error != ErrorCode::none || !item.batch.transactional()) continue;
      if (!request.transactional_id)
        refuse(item, ErrorCode::transactional_id_authorization_failed, "a transactional batch without its id");
      else if (!may_write_transaction())
        refuse(item, ErrorCode::transactional_id_authorization_failed, "the client may not write by this id");
    }
  if (request.transactional_id && shard.transaction_verification())
    verify_transactions(shard, *request.transactional_id, call.version(), items, deadline);
  auto safety = request.acks == -1 ? Safety::committed : Safety::kept;
  for (auto& [owner, list] : items) {
    auto& batch = list;
    shard.on(owner, [&](BrokerShard& there) {
      for (auto& item : batch)
        if (item.error == ErrorCode::none) append(there, item, safety);
    });
    for (auto& item : batch) item.records = Bytes();
  }

  const auto size = static_cast<double>(call.frame().size());
  if (request.acks == 0) {
    // acks=0 has no response: as in Kafka, the client learns of a failure because its connection is closed.
    for (auto& [owner, list] : items)
      for (auto& item : list)
        if (item.error != ErrorCode::none)
          return fail(Errc::closed, std::string("acks=0 and ") + error_code_name(item.error) + ": " + item.message);
    call.session().throttle.count(shard, call.session().principal, call.header(), QuotaKind::produced_bytes, size);
    return Finish::with({});
  }
  return Finish([&shard, header = call.header(), session = call.shared_session(), size, request = std::move(request),
                 items = std::move(items), safety, deadline]() mutable {
    for (auto& [owner, list] : items) {
      auto& batch = list;
      bool waits = false;
      for (auto& item : batch) waits = waits || item.error == ErrorCode::none;
      if (!waits) continue;
      shard.on(owner, [&](BrokerShard& there) {
        for (auto& item : batch)
          if (item.error == ErrorCode::none) wait_until_safe(there, item, safety, deadline);
      });
    }
    auto held = session->throttle.count(shard, session->principal, header, QuotaKind::produced_bytes, size);
    return answer(shard, header, session->listener, request, items, held);
  });
}

}  // namespace fulmar
