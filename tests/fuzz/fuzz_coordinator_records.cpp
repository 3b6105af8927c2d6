// A coordinator's record as a partition may have it, or data of the consumer protocol: the first byte says which, the
// second the length of a record's key.
#include <cstdlib>

#include "broker/protocol/messages/consumer_protocol.h"
#include "broker/protocol/records/consumer_offsets.h"
#include "broker/protocol/records/transaction_log.h"

namespace fulmar {
namespace {

// What was decoded can be encoded, and decoded again.
void must(bool understood) {
  if (!understood) std::abort();
}

void take(char kind, std::string_view key, std::string_view value) {
  std::optional<std::string_view> given;
  if (!(kind & 4)) given = value;
  auto whole = Bytes::copy_of(value);
  switch (kind & 3) {
    case 0:
      if (auto record = read_consumer_offsets_record(key, given)) {
        std::visit(
            [](const auto& one) {
              auto bytes = write_record(one);
              std::optional<std::string_view> again;
              if (bytes.value) again = bytes.value->view();
              must(read_consumer_offsets_record(bytes.key.view(), again).has_value());
            },
            *record);
      }
      break;
    case 1:
      if (auto record = read_transaction_log_record(key, given)) {
        auto bytes = write_record(*record);
        must(!bytes.value || read_transaction_log_record(bytes.key.view(), bytes.value->view()).has_value());
      }
      break;
    case 2:
      if (auto read = read_consumer_subscription(whole))
        must(read_consumer_subscription(write_consumer_subscription(*read, 3)).has_value());
      break;
    default:
      if (auto read = read_consumer_assignment(whole))
        must(read_consumer_assignment(write_consumer_assignment(*read, 3)).has_value());
  }
}

}  // namespace
}  // namespace fulmar

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view rest(data + 2, size - 2);
  auto key = rest.substr(0, static_cast<unsigned char>(data[1]));
  fulmar::take(data[0], key, rest.substr(key.size()));
  return 0;
}
