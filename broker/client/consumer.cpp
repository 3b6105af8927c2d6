#include "broker/client/consumer.h"

#include <algorithm>

#include "broker/client/aborted_transactions.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration near_believed_max = std::chrono::minutes(5);  // as Kafka's clients, by metadata.max.age.ms
// For this long all partitions are read from their leaders after a near replica was not reached or refused a request:
// otherwise the leader would name the same replica again, and no records might ever be read.
constexpr Duration near_avoided_for = std::chrono::seconds(5);

}  // namespace

Consumer::Consumer(Host& host, ConsumerOptions options, std::string topic)
    : host_(host),
      options_(std::move(options)),
      one_broker_(std::make_unique<OneBroker>(host, options_.bootstrap, options_.client_id)),
      brokers_(*one_broker_),
      topic_(std::move(topic)) {}

Consumer::Consumer(Host& host, Brokers& brokers, ConsumerOptions options, std::string topic)
    : host_(host), options_(std::move(options)), brokers_(brokers), topic_(std::move(topic)) {}

Consumer::~Consumer() = default;

void Consumer::assign(std::int32_t partition, Offset position) {
  positions_[partition] = position;
  epochs_.erase(partition);
}

void Consumer::set_limits(std::int32_t max_bytes, std::int32_t partition_max_bytes, std::int32_t min_bytes,
                          Duration max_wait) {
  options_.max_bytes = max_bytes;
  options_.partition_max_bytes = partition_max_bytes;
  options_.min_bytes = min_bytes;
  options_.max_wait = max_wait;
}

void Consumer::drop(std::int32_t partition) {
  positions_.erase(partition);
  epochs_.erase(partition);
  near_.erase(partition);
}

void Consumer::leave_near_replicas() {
  near_.clear();
  rack_told_from_ = host_.clock().now() + near_avoided_for;
}

Answer<Brokers::Connection> Consumer::source_of(std::int32_t partition, Deadline deadline) {
  if (auto near = near_.find(partition); near != near_.end()) {
    bool believed = host_.clock().now() < near->second.until;
    auto connection = believed ? brokers_.broker(near->second.broker, deadline) : Answer<Brokers::Connection>();
    if (believed && connection) return connection;
    near_.erase(partition);
    if (believed) leave_near_replicas();
  }
  return brokers_.leader(topic_, partition, deadline);
}

// Assigns each partition to the session of its broker. Returns why some can't be assigned.
std::optional<ClientError> Consumer::assign_to_brokers(Deadline deadline) {
  std::optional<ClientError> trouble;
  for (auto& session : sessions_) session->wanted.clear();
  for (const auto& [partition, position] : positions_) {
    auto connection = source_of(partition, deadline);
    if (!connection) {
      trouble = std::move(connection).error();
      brokers_.doubt_leader(topic_, partition);
      continue;
    }
    auto found = std::find_if(sessions_.begin(), sessions_.end(),
                              [&](const auto& session) { return session->connection == *connection; });
    if (found == sessions_.end()) {
      sessions_.push_back(std::make_unique<Session>());
      sessions_.back()->connection = std::move(*connection);
      found = std::prev(sessions_.end());
    }
    (*found)->wanted[partition] = position;
  }
  std::erase_if(sessions_, [](const auto& session) { return session->wanted.empty(); });
  return trouble;
}

Answer<std::vector<Polled>> Consumer::poll() {
  auto deadline = host_.clock().deadline_in(options_.request_timeout + options_.max_wait);
  auto trouble = assign_to_brokers(deadline);
  std::vector<Polled> polled;
  bool any = positions_.empty();
  FiberGroup fetching;
  for (auto& session : sessions_) {
    auto one = [&, session = session.get()] {
      auto fetched = fetch(*session, deadline, polled);
      any = any || fetched;
      if (!fetched) trouble = std::move(fetched).error();
    };
    if (sessions_.size() == 1)
      one();
    else
      fetching.spawn("fetch", one);
  }
  fetching.join();
  if (!any) return std::unexpected(std::move(*trouble));
  return polled;
}

FetchRequest Consumer::next_request(const Session& session) const {
  bool full = session.id == 0;
  FetchRequest request;
  request.max_wait_ms = static_cast<std::int32_t>(options_.max_wait.count() / 1'000'000);
  request.min_bytes = options_.min_bytes;
  request.max_bytes = options_.max_bytes;
  if (host_.clock().now() >= rack_told_from_) request.rack_id = options_.rack;
  request.session_id = session.id;
  request.session_epoch = full ? 0 : session.epoch;
  request.isolation_level = options_.committed_only ? 1 : 0;
  FetchRequest::Topic topic;
  topic.name = topic_;
  for (const auto& [partition, position] : session.wanted) {
    auto known = session.known.find(partition);
    if (!full && known != session.known.end() && known->second == position) continue;
    FetchRequest::Topic::Partition entry;
    entry.index = partition;
    entry.fetch_offset = position;
    entry.max_bytes = options_.partition_max_bytes;
    if (auto epoch = epochs_.find(partition); options_.tells_epochs && epoch != epochs_.end())
      entry.last_fetched_epoch = epoch->second;
    topic.partitions.push_back(entry);
  }
  FetchRequest::ForgottenTopic forgotten;
  forgotten.name = topic_;
  for (const auto& [partition, position] : session.known)
    if (!full && !session.wanted.contains(partition)) forgotten.partitions.push_back(partition);
  if (!topic.partitions.empty()) request.topics.push_back(std::move(topic));
  if (!forgotten.partitions.empty()) request.forgotten_topics.push_back(std::move(forgotten));
  return request;
}

Answer<void> Consumer::fetch(Session& session, Deadline deadline, std::vector<Polled>& polled) {
  auto doubt_all = [&] {
    session.id = 0;
    bool near = false;
    for (const auto& [partition, position] : session.wanted) {
      near = near || near_.contains(partition);
      brokers_.doubt_leader(topic_, partition);
    }
    if (near) leave_near_replicas();
  };
  auto request = next_request(session);
  bool full = session.id == 0;
  auto response = session.connection->call<FetchResponse>(request, deadline, options_.version_max);
  if (!response) {
    // It is unknown whether the broker has this request of the session: it begins anew, on another connection.
    session.connection->abort();
    doubt_all();
    return std::unexpected(response.error());
  }
  if (response->error_code != ErrorCode::none) {
    doubt_all();
    return refuse(response->error_code, "the fetch was refused");
  }
  session.id = response->session_id;
  session.epoch = full ? 1 : session.epoch + 1;
  session.known = session.wanted;

  for (auto& answered : response->topics) {
    for (auto& part : answered.partitions) {
      auto position = positions_.find(part.index);
      if (position == positions_.end()) continue;
      if (part.preferred_read_replica >= 0) {
        near_[part.index] = {part.preferred_read_replica, host_.clock().now() + near_believed_max};
        continue;
      }
      // The leader may be able to do what a follower can't: it is asked before an error is returned.
      if (part.error_code != ErrorCode::none && near_.contains(part.index)) {
        leave_near_replicas();
        continue;
      }
      polled.push_back(take(part, position->second, epochs_.try_emplace(part.index, -1).first->second));
      if (auto near = near_.find(part.index); near != near_.end()) polled.back().follower = near->second.broker;
      if (part.error_code != ErrorCode::none && is_retriable(part.error_code))
        brokers_.doubt_leader(topic_, part.index);
    }
  }
  return {};
}

Polled Consumer::take(FetchResponse::Topic::Partition& part, Offset& position, Epoch& epoch) {
  Polled out{part.index, part.error_code, part.high_watermark, part.log_start_offset, {}};
  out.diverging = part.diverging_epoch;
  AbortedTransactions aborted(options_.committed_only ? part.aborted_transactions : std::nullopt);
  Bytes bytes = part.records.flatten();
  while (!bytes.empty()) {
    auto header = read_batch_header(bytes.view());
    if (!header || header->size() > bytes.size()) break;  // the end of the response may cut a batch
    auto batch = bytes.slice(0, header->size());
    auto records = read_records(batch, decompressed_batch_bytes_max);
    if (!records) {
      out.corrupt = true;
      break;
    }
    bool dropped = aborted.has(*header, batch);  // also for control batches, which end transactions
    bool wanted = !header->control() && !dropped;
    for (auto& record : *records)
      if (record.offset >= position && wanted) out.records.push_back(std::move(record));
    position = std::max(position, header->next_offset());
    epoch = header->leader_epoch;
    bytes = bytes.slice(header->size());
  }
  return out;
}

Answer<Offset> Consumer::list_offset(std::int32_t partition, Timestamp timestamp, ErrorCode& error) {
  auto deadline = host_.clock().deadline_in(options_.request_timeout);
  auto connection = brokers_.leader(topic_, partition, deadline);
  if (!connection) {
    brokers_.doubt_leader(topic_, partition);
    return std::unexpected(std::move(connection).error());
  }
  ListOffsetsRequest request;
  request.isolation_level = options_.committed_only ? 1 : 0;
  request.topics.push_back({topic_, {{partition, -1, timestamp}}});
  auto response = (*connection)->call<ListOffsetsResponse>(request, deadline);
  if (!response) {
    (*connection)->abort();
    brokers_.doubt_leader(topic_, partition);
    return std::unexpected(response.error());
  }
  if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1)
    return fail(Errc::corrupt, "ListOffsets answered something else");
  error = response->topics[0].partitions[0].error_code;
  if (error != ErrorCode::none && is_retriable(error)) brokers_.doubt_leader(topic_, partition);
  return response->topics[0].partitions[0].offset;
}

}  // namespace fulmar
