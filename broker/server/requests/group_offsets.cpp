// OffsetCommit, TxnOffsetCommit, OffsetDelete: changes to the offsets that groups have committed.
#include <map>

#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/coordinator_answer.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int16_t ids_since = 10;        // OffsetCommit: topics by id, not by name
constexpr std::int16_t txn_ids_since = 6;     // the same of TxnOffsetCommit
constexpr std::int16_t txn_adds_since = 5;    // TxnOffsetCommit: it adds the group to the transaction (KIP-890)
constexpr std::int16_t abortable_since = 4;   // TxnOffsetCommit: clients know TRANSACTION_ABORTABLE
constexpr Duration confirm_max = seconds(5);  // for a transaction's coordinator

constexpr Duration partition_work = nanoseconds(300);

// The topics of a response, each with its part.
template <class Topic>
class Parts {
 public:
  explicit Parts(std::vector<Topic>& topics) : topics_(topics) {
    for (std::size_t at = 0; at < topics.size(); ++at)
      places_.emplace(std::pair(topics[at].name, topics[at].topic_id), at);
  }
  // The topic's part, added if there is none.
  Topic& of(const std::string& name, const Uuid& id) {
    auto [place, is_new] = places_.try_emplace({name, id}, topics_.size());
    if (!is_new) return topics_[place->second];
    auto& added = topics_.emplace_back();
    added.name = name;
    added.topic_id = id;
    return added;
  }

 private:
  std::vector<Topic>& topics_;
  std::map<std::pair<std::string, Uuid>, std::size_t> places_;
};

// A commit, divided into topics and partitions that exist and that the client may read, for the coordinator, and the
// errors of the others.
struct SortedCommit {
  OffsetCommitRequest known;
  OffsetCommitResponse unknown;
};

SortedCommit sort_out(const MetadataImagePtr image, OffsetCommitRequest request, bool by_id, Access& access) {
  SortedCommit sorted;
  Parts unknown(sorted.unknown.topics);
  auto topics = std::exchange(request.topics, {});
  for (auto& topic : topics) {
    if (by_id) topic.name = image->topic_name(topic.topic_id);
    const auto* there = image->topic(topic.name);
    auto refuse = [&](std::int32_t index, ErrorCode error) {
      unknown.of(topic.name, topic.topic_id).partitions.push_back({index, error});
    };
    OffsetCommitRequest::Topic known{topic.name, topic.topic_id, {}};
    const bool denied = !(by_id && !there) && !access.may_on_topic(AclOperation::read, topic.name);
    for (auto& partition : topic.partitions) {
      work_in_slices(partition_work);
      if (denied)
        refuse(partition.index, ErrorCode::topic_authorization_failed);
      else if (!there)
        refuse(partition.index, by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition);
      else if (partition.index < 0 || partition.index >= there->partition_count())
        refuse(partition.index, ErrorCode::unknown_topic_or_partition);
      else
        known.partitions.push_back(std::move(partition));
    }
    if (!known.partitions.empty()) request.topics.push_back(std::move(known));
  }
  sorted.known = std::move(request);
  return sorted;
}

void add(OffsetCommitResponse& response, const OffsetCommitResponse& more) {
  Parts parts(response.topics);
  for (const auto& topic : more.topics) {
    auto& part = parts.of(topic.name, topic.topic_id);
    part.partitions.insert(part.partitions.end(), topic.partitions.begin(), topic.partitions.end());
  }
}

OffsetCommitResponse refused_commit(const OffsetCommitRequest& request, ErrorCode error) {
  OffsetCommitResponse response;
  Parts parts(response.topics);
  for (const auto& topic : request.topics) {
    auto& part = parts.of(topic.name, topic.topic_id);
    for (const auto& partition : topic.partitions) part.partitions.push_back({partition.index, error});
  }
  return response;
}

OffsetCommitRequest as_commit(const TxnOffsetCommitRequest& request) {
  OffsetCommitRequest commit;
  commit.group_id = request.group_id;
  commit.generation_id_or_member_epoch = request.generation_id_or_member_epoch;
  commit.member_id = request.member_id;
  commit.group_instance_id = request.group_instance_id;
  for (const auto& topic : request.topics) {
    auto& out = commit.topics.emplace_back();
    out.name = topic.name;
    out.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      auto& offset = out.partitions.emplace_back();
      offset.index = partition.index;
      offset.committed_offset = partition.committed_offset;
      offset.committed_leader_epoch = partition.committed_leader_epoch;
      offset.committed_metadata = partition.committed_metadata;
    }
  }
  return commit;
}

TxnOffsetCommitResponse as_transactional(const OffsetCommitResponse& commit) {
  TxnOffsetCommitResponse response;
  for (const auto& topic : commit.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    out.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) out.partitions.push_back({partition.index, partition.error_code});
  }
  return response;
}

// The error for the client after the transaction's coordinator has answered. If that could not be reached, it is one
// after which the client retries without looking for the group's coordinator again.
ErrorCode confirmation_error(ErrorCode said, std::int16_t version) {
  switch (said) {
    case ErrorCode::network_exception:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator: return ErrorCode::coordinator_load_in_progress;
    case ErrorCode::concurrent_transactions:
      return version >= txn_adds_since ? said : ErrorCode::coordinator_load_in_progress;
    case ErrorCode::producer_fenced: return ErrorCode::invalid_producer_epoch;
    case ErrorCode::transaction_abortable: return version >= abortable_since ? said : ErrorCode::invalid_txn_state;
    default: return said;
  }
}

// The transaction that the offsets are part of, once its coordinator has confirmed that (KIP-890).
std::expected<TransactionWriter, ErrorCode> confirm_writer(BrokerShard& shard, const TxnOffsetCommitRequest& request,
                                                           std::int16_t version) {
  const bool adds = version >= txn_adds_since;
  if (request.producer_id < 0 || request.producer_epoch < 0) return std::unexpected(ErrorCode::invalid_request);
  if (!shard.transaction_verification()) return std::unexpected(ErrorCode::coordinator_not_available);
  auto begun = shard.groups().begin_transactional(request.group_id, request.producer_id, request.producer_epoch, adds);
  if (!begun) return std::unexpected(begun.error());
  TransactionWriter writer{request.producer_id, request.producer_epoch, begun->to_verify};
  if (!writer.verified) return writer;
  auto said = shard.transaction_verification()->confirm(
      {request.transactional_id, request.producer_id, request.producer_epoch},
      {{std::string(group_topic_name), begun->partition}},
      adds ? TransactionVerification::Ask::to_add : TransactionVerification::Ask::whether_added,
      shard.host().clock().deadline_in(confirm_max));
  auto error = said.empty() ? ErrorCode::network_exception : said.front();
  if (error != ErrorCode::none) return std::unexpected(confirmation_error(error, version));
  return writer;
}

}  // namespace

Result<Finish> begin_offset_commit(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<OffsetCommitRequest>());
  Access access(shard, call);
  if (!access.may_on_group(AclOperation::read, request.group_id))
    return Finish::with(call.answer(refused_commit(request, ErrorCode::group_authorization_failed)));
  auto sorted = sort_out(shard.image(), std::move(request), call.version() >= ids_since, access);
  if (sorted.known.topics.empty()) return Finish::with(call.answer(sorted.unknown));
  GroupClient client{call.header().client_id.value_or(""), "/" + call.session().peer.host, call.version(), {}};
  return CoordinatorAnswer<OffsetCommitResponse>::begin(
      shard, sorted.known.group_id,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
        groups.commit_offsets(token, client, sorted.known, now);
      },
      [call, unknown = sorted.unknown](OffsetCommitResponse response) {
        add(response, unknown);
        return call.answer(response);
      },
      [&](ErrorCode error) { return refused_commit(sorted.known, error); });
}

Result<Finish> begin_txn_offset_commit(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<TxnOffsetCommitRequest>());
  Access access(shard, call);
  auto denied = ErrorCode::none;
  if (!access.may_on_transaction(AclOperation::write, request.transactional_id))
    denied = ErrorCode::transactional_id_authorization_failed;
  else if (!access.may_on_group(AclOperation::read, request.group_id))
    denied = ErrorCode::group_authorization_failed;
  if (denied != ErrorCode::none)
    return Finish::with(call.answer(as_transactional(refused_commit(as_commit(request), denied))));
  auto sorted = sort_out(shard.image(), as_commit(request), call.version() >= txn_ids_since, access);
  auto answer = [call, unknown = sorted.unknown](OffsetCommitResponse response) {
    add(response, unknown);
    return call.answer(as_transactional(response));
  };
  if (sorted.known.topics.empty()) return Finish::with(answer({}));
  auto writer = confirm_writer(shard, request, call.version());
  if (!writer) return Finish::with(answer(refused_commit(sorted.known, writer.error())));
  GroupClient client{call.header().client_id.value_or(""), "/" + call.session().peer.host, call.version(), {}};
  return CoordinatorAnswer<OffsetCommitResponse>::begin(
      shard, sorted.known.group_id,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
        groups.commit_offsets(token, client, sorted.known, now, *writer);
      },
      answer, [&](ErrorCode error) { return refused_commit(sorted.known, error); });
}

Result<Finish> begin_offset_delete(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<OffsetDeleteRequest>());
  Access access(shard, call);
  if (!access.may_on_group(AclOperation::remove, request.group_id)) {
    OffsetDeleteResponse denied;
    denied.error_code = ErrorCode::group_authorization_failed;
    return Finish::with(call.answer(denied));
  }
  const auto image = shard.image();
  OffsetDeleteRequest known{request.group_id, {}};
  OffsetDeleteResponse unknown;
  for (const auto& topic : request.topics) {
    const auto* there = image->topic(topic.name);
    const bool allowed = access.may_on_topic(AclOperation::read, topic.name);
    OffsetDeleteRequest::Topic kept{topic.name, {}};
    OffsetDeleteResponse::Topic refused{topic.name, {}};
    for (const auto& partition : topic.partitions) {
      work_in_slices(partition_work);
      if (!allowed)
        refused.partitions.push_back({partition.index, ErrorCode::topic_authorization_failed});
      else if (there && partition.index >= 0 && partition.index < there->partition_count())
        kept.partitions.push_back(partition);
      else
        refused.partitions.push_back({partition.index, ErrorCode::unknown_topic_or_partition});
    }
    if (!kept.partitions.empty()) known.topics.push_back(std::move(kept));
    if (!refused.partitions.empty()) unknown.topics.push_back(std::move(refused));
  }
  return CoordinatorAnswer<OffsetDeleteResponse>::begin(
      shard, request.group_id,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
        groups.delete_offsets(token, known, now);
      },
      [call, unknown](OffsetDeleteResponse response) {
        if (response.error_code == ErrorCode::none)
          response.topics.insert(response.topics.end(), unknown.topics.begin(), unknown.topics.end());
        return call.answer(response);
      },
      [](ErrorCode error) {
        OffsetDeleteResponse response;
        response.error_code = error;
        return response;
      });
}

}  // namespace fulmar
