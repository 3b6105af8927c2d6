#include "broker/client/record_browser.h"

#include <algorithm>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/record_body.h"
#include "broker/protocol/work.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int16_t fetch_by_name = 12;       // newer versions identify topics by ids
constexpr std::int32_t fetch_bytes = 256 << 10;  // a batch that is larger comes whole
constexpr int fetches_max = 8;

ClientError corrupt(Offset base, const std::string& what) {
  return {ErrorCode::corrupt_message, "the batch at offset " + std::to_string(base) + ": " + what};
}

// Walks through batches, and keeps the records that are wanted.
class Browsing {
 public:
  Browsing(BrowsedRecords& found, const BrowseLimits& limits) : found_(found), limits_(limits) {}

  bool full() const { return found_.records.size() >= limits_.records_max || found_.stopped_early; }

  // Records of the batch at and behind found_.next. Moves that behind the batch, or to the first record left out.
  Answer<void> take(const BatchHeader& header, std::string_view batch) {
    const RecordBody::DidWork did_work = [](Duration work) { work_in_slices(work); };
    RecordBody body(header.codec(), batch.substr(batch_header_size), limits_.walked_bytes_max, &did_work);
    const auto walked_before = walked_;
    for (std::int32_t i = 0; i < header.record_count && !body.failed(); ++i) {
      if (full()) return {};
      const auto size = body.varint();
      const auto begin = body.position();
      if (size < 0) return std::unexpected(corrupt(header.base_offset, "a record's size"));
      FULMAR_TRY_VOID(take_record(header, body, begin + static_cast<std::uint64_t>(size)));
      walked_ = walked_before + body.position();
      work_in_slices(walk_work(static_cast<std::size_t>(size)));
    }
    if (body.failed() && body.error()->code == Errc::too_large) {  // what was read of it is shown
      found_.stopped_early = true;
      found_.next = header.next_offset();
      return {};
    }
    if (body.failed()) return std::unexpected(corrupt(header.base_offset, body.error()->detail));
    if (!full()) found_.next = std::max(found_.next, header.next_offset());
    if (walked_ >= limits_.walked_bytes_max) found_.stopped_early = true;
    return {};
  }

 private:
  Answer<void> take_record(const BatchHeader& header, RecordBody& body, std::uint64_t end) {
    body.byte();  // attributes, of which there are none yet
    const auto elapsed = body.varlong();
    const auto delta = body.varint();
    BrowsedRecord record;
    record.offset = header.base_offset + delta;
    record.transactional = header.transactional();
    record.timestamp = header.log_append_time() ? header.max_timestamp : header.base_timestamp;
    const bool too_late =
        !header.log_append_time() && __builtin_add_overflow(header.base_timestamp, elapsed, &record.timestamp);
    if (delta < 0 || too_late) return std::unexpected(corrupt(header.base_offset, "a record's offset or time"));
    if (record.offset >= found_.next) {
      record.key = field(body, end);
      record.value = field(body, end);
      const auto headers = body.varint();
      for (std::int32_t n = 0; n < headers && !body.failed() && body.position() < end; ++n) {
        if (record.headers.size() == limits_.headers_max) {
          record.headers_left_out = static_cast<std::size_t>(headers - n);
          break;
        }
        auto name = field(body, end);
        auto value = field(body, end);
        record.headers.push_back({std::move(name).value_or(BrowsedBytes()), std::move(value)});
      }
    }
    if (body.failed()) return {};  // the caller says so
    if (body.position() > end) return std::unexpected(corrupt(header.base_offset, "a record's fields"));
    body.skip(end - body.position());
    if (record.offset >= found_.next && !body.failed()) keep(std::move(record));
    return {};
  }

  std::optional<BrowsedBytes> field(RecordBody& body, std::uint64_t end) const {
    const auto length = body.varint();
    if (length < 0) return std::nullopt;
    BrowsedBytes read;
    read.size = static_cast<std::size_t>(length);
    // Lengths are claims: no more than the record has is read, or kept.
    const auto left = end > body.position() ? end - body.position() : 0;
    const auto kept = std::min({read.size, limits_.field_bytes_max, static_cast<std::size_t>(left)});
    while (read.bytes.size() < kept && !body.failed()) read.bytes += static_cast<char>(body.byte());
    body.skip(read.size - read.bytes.size());
    return read;
  }

  static std::size_t bytes_of(const BrowsedRecord& record) {
    auto bytes = (record.key ? record.key->bytes.size() : 0) + (record.value ? record.value->bytes.size() : 0);
    for (const auto& header : record.headers)
      bytes += header.name.bytes.size() + (header.value ? header.value->bytes.size() : 0);
    return bytes;
  }

  void keep(BrowsedRecord record) {
    const auto bytes = bytes_of(record);
    // The first is always kept, so that reading on makes progress; its fields are bounded.
    if (!found_.records.empty() && kept_ + bytes > limits_.bytes_max) {
      found_.stopped_early = true;
      found_.next = record.offset;
      return;
    }
    kept_ += bytes;
    found_.next = record.offset + 1;
    found_.records.push_back(std::move(record));
  }

  BrowsedRecords& found_;
  const BrowseLimits& limits_;
  std::size_t kept_ = 0;
  std::size_t walked_ = 0;
};

FetchRequest fetch_request(const std::string& topic, std::int32_t partition, Offset from) {
  FetchRequest request;
  request.max_bytes = fetch_bytes;
  FetchRequest::Topic::Partition wanted;
  wanted.index = partition;
  wanted.fetch_offset = from;
  wanted.max_bytes = fetch_bytes;
  request.topics.push_back({topic, {}, {wanted}});
  return request;
}

Answer<FetchResponse::Topic::Partition> fetch_once(ClusterClient& cluster, const std::string& topic,
                                                   std::int32_t partition, Offset from) {
  using Fetched = FetchResponse::Topic::Partition;
  return cluster.retry([&](Deadline deadline) -> Answer<Fetched> {
    FULMAR_TRY(auto leader, cluster.leader(topic, partition, deadline));
    auto name = topic + " [" + std::to_string(partition) + "]";
    FULMAR_TRY(auto response,
               leader->call<FetchResponse>(fetch_request(topic, partition, from), deadline, fetch_by_name));
    if (response.error_code != ErrorCode::none) return refuse(response.error_code, name);
    if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "Fetch was answered with something else");
    auto& fetched = response.topics[0].partitions[0];
    if (fetched.error_code != ErrorCode::none)
      return refuse(fetched.error_code, name + " at offset " + std::to_string(from));
    return std::move(fetched);
  });
}

}  // namespace

Answer<BrowsedRecords> browse_records(ClusterClient& cluster, const std::string& topic, std::int32_t partition,
                                      Offset from, const BrowseLimits& limits) {
  BrowsedRecords found;
  found.next = from;
  Browsing browsing(found, limits);
  for (int fetches = 0; !browsing.full(); ++fetches) {
    if (fetches == fetches_max) {
      found.stopped_early = true;
      break;
    }
    FULMAR_TRY(auto fetched, fetch_once(cluster, topic, partition, found.next));
    found.begin = fetched.log_start_offset;
    found.end = fetched.high_watermark;
    const auto before = found.next;
    Bytes bytes = fetched.records.flatten();
    while (!bytes.empty() && !browsing.full()) {
      auto header = read_batch_header(bytes.view());
      if (!header || header->size() > bytes.size()) break;  // the end of the response may cut a batch
      if (header->control())
        found.next = std::max(found.next, header->next_offset());
      else
        FULMAR_TRY_VOID(browsing.take(*header, bytes.view().substr(0, header->size())));
      bytes = bytes.slice(header->size());
      work_in_slices(batch_header_work);
    }
    if (found.next == before) break;  // there is nothing behind
  }
  return found;
}

}  // namespace fulmar
