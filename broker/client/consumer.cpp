#include "broker/client/consumer.h"

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/record_validation.h"
#include "runtime/host/clock.h"

namespace fulmar {

Consumer::Consumer(Host& host, ConsumerOptions options, std::string topic)
    : host_(host), options_(std::move(options)), topic_(std::move(topic)) {}

Consumer::~Consumer() = default;

void Consumer::assign(std::int32_t partition, Offset position) {
  positions_[partition] = position;
}
void Consumer::drop(std::int32_t partition) {
  positions_.erase(partition);
}

Result<ClientConnection*> Consumer::connected(Deadline deadline) {
  if (connection_) wrong_answer_ = wrong_answer_ || connection_->saw_wrong_answer();
  if (!connection_ || connection_->broken()) {
    connection_.reset();
    TRY(connection_, ClientConnection::open(host_, options_.bootstrap, options_.client_id, deadline));
    session_id_ = session_epoch_ = 0;
  }
  return connection_.get();
}

Result<std::vector<Polled>> Consumer::poll() {
  auto deadline = host_.clock().deadline_in(options_.request_timeout + options_.max_wait);
  TRY(auto* connection, connected(deadline));
  bool full = session_id_ == 0;
  FetchRequest request;
  request.max_wait_ms = static_cast<std::int32_t>(options_.max_wait.count() / 1'000'000);
  request.min_bytes = options_.min_bytes;
  request.max_bytes = options_.max_bytes;
  request.session_id = session_id_;
  request.session_epoch = full ? 0 : session_epoch_;
  FetchRequest::Topic topic;
  topic.name = topic_;
  for (const auto& [partition, position] : positions_) {
    auto known = in_session_.find(partition);
    if (!full && known != in_session_.end() && known->second == position) continue;
    FetchRequest::Topic::Partition entry;
    entry.index = partition;
    entry.fetch_offset = position;
    entry.max_bytes = options_.partition_max_bytes;
    topic.partitions.push_back(entry);
  }
  FetchRequest::ForgottenTopic forgotten;
  forgotten.name = topic_;
  for (const auto& [partition, position] : in_session_)
    if (!full && !positions_.contains(partition)) forgotten.partitions.push_back(partition);
  if (!topic.partitions.empty()) request.topics.push_back(std::move(topic));
  if (!forgotten.partitions.empty()) request.forgotten_topics.push_back(std::move(forgotten));

  auto response = connection->call<FetchResponse>(request, deadline, options_.version_max);
  if (!response) {
    // Whether the session took this request is not known: it is begun anew.
    session_id_ = 0;
    if (!connection->broken()) connection_.reset();
    return std::unexpected(response.error());
  }
  if (response->error_code != ErrorCode::none) {
    session_id_ = 0;
    return fail(Errc::io_error, error_code_name(response->error_code));
  }
  session_id_ = response->session_id;
  session_epoch_ = full ? 1 : session_epoch_ + 1;
  in_session_ = positions_;

  std::vector<Polled> polled;
  for (auto& answered : response->topics) {
    for (auto& part : answered.partitions) {
      auto position = positions_.find(part.index);
      if (position == positions_.end()) continue;
      Polled out{part.index, part.error_code, part.high_watermark, part.log_start_offset, {}};
      Bytes bytes = part.records.flatten();
      while (!bytes.empty()) {
        auto header = read_batch_header(bytes.view());
        if (!header || header->size() > bytes.size()) break;  // the end of the answer may cut a batch
        auto records = read_records(bytes.slice(0, header->size()), decompressed_batch_bytes_max);
        if (!records) {
          out.corrupt = true;
          break;
        }
        for (auto& record : *records)
          if (record.offset >= position->second && !header->control()) out.records.push_back(std::move(record));
        position->second = std::max(position->second, header->next_offset());
        bytes = bytes.slice(header->size());
      }
      polled.push_back(std::move(out));
    }
  }
  return polled;
}

Result<Offset> Consumer::list_offset(std::int32_t partition, Timestamp timestamp, ErrorCode& error) {
  auto deadline = host_.clock().deadline_in(options_.request_timeout);
  TRY(auto* connection, connected(deadline));
  ListOffsetsRequest request;
  request.topics.push_back({topic_, {{partition, -1, timestamp}}});
  auto response = connection->call<ListOffsetsResponse>(request, deadline);
  if (!response) {
    if (!connection->broken()) connection_.reset();
    session_id_ = 0;
    return std::unexpected(response.error());
  }
  if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1)
    return fail(Errc::corrupt, "ListOffsets answered something else");
  error = response->topics[0].partitions[0].error_code;
  return response->topics[0].partitions[0].offset;
}

}  // namespace fulmar
