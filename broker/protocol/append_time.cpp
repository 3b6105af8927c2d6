#include "broker/protocol/append_time.h"

namespace fulmar {

namespace {

constexpr std::int16_t append_time_flag = 0x08;  // that BatchHeader::log_append_time() looks for

}  // namespace

BatchHeader with_append_time(BatchHeader header, Timestamp append_ms, std::string_view records) {
  header.max_timestamp = append_ms;
  header.attributes = static_cast<std::int16_t>(header.attributes | append_time_flag);
  header.crc = crc32c(records, header_crc(header));
  return header;
}

}  // namespace fulmar
