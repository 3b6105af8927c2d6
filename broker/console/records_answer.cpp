#include <algorithm>

#include "broker/client/consumer.h"
#include "broker/client/inspect.h"
#include "broker/client/record_browser.h"
#include "broker/console/answers.h"
#include "broker/console/json_answer.h"
#include "broker/console/json_values.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

constexpr std::size_t records_bytes_max = 1 << 20;  // as hex they are twice as many

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// {"text": ...} if it is UTF-8, else {"hex": ...}; of what was cut, its beginning, and the size of the whole.
ConsoleJson shown(const BrowsedBytes& value) {
  ConsoleJson json;
  std::string_view bytes = value.bytes;
  if (value.cut())  // not in the middle of a character
    for (int n = 0; n < 3 && !is_utf8(bytes) && !bytes.empty(); ++n) bytes.remove_suffix(1);
  if (is_utf8(bytes))
    json["text"] = bytes;
  else
    json["hex"] = hex(value.bytes);
  json["size"] = value.size;
  if (value.cut()) json["cut"] = true;
  return json;
}

ConsoleJson shown(const std::optional<BrowsedBytes>& value) {
  return value ? shown(*value) : ConsoleJson();
}

ConsoleJson shown(const BrowsedRecord& record) {
  ConsoleJson json{{"offset", record.offset}, {"timestamp", record.timestamp}};
  json["key"] = shown(record.key);
  json["value"] = shown(record.value);
  json["headers"] = ConsoleJson::array();
  for (const auto& header : record.headers)
    json["headers"].push_back({{"name", shown(header.name)}, {"value", shown(header.value)}});
  if (record.headers_left_out > 0) json["headers_left_out"] = record.headers_left_out;
  if (record.transactional) json["transactional"] = true;
  return json;
}

Answer<Offset> offset_at(const ConsoleWork& work, const RecordsQuery& query, Timestamp time) {
  auto answers = offsets_by_partition(work.host, work.cluster, query.topic, {query.partition}, time);
  return answers.at(query.partition);
}

// Where to begin.
Answer<Offset> begin_of(const ConsoleWork& work, const RecordsQuery& query) {
  FULMAR_TRY(auto first, offset_at(work, query, earliest_offset));
  FULMAR_TRY(auto end, offset_at(work, query, latest_offset));
  if (query.time) {
    FULMAR_TRY(auto at, offset_at(work, query, *query.time));
    return at < 0 ? end : at;  // all records are older
  }
  if (!query.offset) return std::max(first, end - static_cast<Offset>(query.count));
  if (*query.offset >= first && *query.offset <= end) return *query.offset;
  return refuse(ErrorCode::offset_out_of_range, query.topic + " [" + std::to_string(query.partition) + "] begins at " +
                                                    std::to_string(first) + " and ends at " + std::to_string(end) +
                                                    ", " + std::to_string(*query.offset) + " is outside");
}

}  // namespace

Answer<std::string> records_answer(const ConsoleWork& work, const RecordsQuery& query) {
  FULMAR_TRY(auto from, begin_of(work, query));
  BrowseLimits limits;
  limits.records_max = query.count;
  limits.bytes_max = std::min(records_bytes_max, work.answer_bytes_max / 2);
  FULMAR_TRY(auto found, browse_records(work.cluster, query.topic, query.partition, from, limits));
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("topic", query.topic);
  answer.add("partition", query.partition);
  answer.add("begin", found.begin);
  answer.add("end", found.end);
  answer.add("from", from);
  auto next = found.next;
  answer.begin_list("records");
  for (const auto& record : found.records) {
    if (answer.item(shown(record))) continue;
    next = record.offset;
    break;
  }
  answer.end_list();
  answer.add("next", next);
  answer.add("stopped_early", found.stopped_early);
  return answer.finish();
}

}  // namespace fulmar
