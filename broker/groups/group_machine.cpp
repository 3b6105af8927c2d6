#include "broker/groups/group_machine.h"

#include <variant>

#include "broker/protocol/records/consumer_offsets.h"

namespace fulmar {

namespace {

// Calls f with each UTF-16 code unit of the text. Invalid UTF-8 gives arbitrary units, always the same.
template <class F>
void each_utf16_unit(std::string_view text, F&& f) {
  for (std::size_t at = 0; at < text.size();) {
    auto lead = static_cast<unsigned char>(text[at++]);
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    std::uint32_t point = more == 3 ? lead & 0x07u : more == 2 ? lead & 0x0fu : more == 1 ? lead & 0x1fu : lead;
    for (; more > 0 && at < text.size(); --more) point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fu);
    if (point < 0x10000) {
      f(point);
    } else {
      f(0xd800 + ((point - 0x10000) >> 10));
      f(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
}

}  // namespace

// String.hashCode(), its sign bit dropped (Kafka's Utils.abs).
std::int32_t partition_of_group(std::string_view group_id, std::int32_t partitions) {
  std::uint32_t hash = 0;
  each_utf16_unit(group_id, [&](std::uint32_t unit) { hash = hash * 31 + unit; });
  return static_cast<std::int32_t>(hash & 0x7fffffff) % partitions;
}

Result<void> GroupMachine::replay(const ReadRecord& record) {
  if (!record.key) return fail(Errc::corrupt, "a record without a key");
  auto value = record.value ? std::optional(record.value->view()) : std::nullopt;
  auto read = read_consumer_offsets_record(record.key->view(), value);
  if (!read && read.error().code == Errc::unsupported) return {};  // of a kind of group that is not supported
  if (!read) return std::unexpected(read.error());
  return std::visit(
      [&](auto& known) -> Result<void> {
        // Other known records are ignored: older brokers stored what topics were like, which is known from the topics.
        if constexpr (std::is_constructible_v<StateRecord, decltype(known)>)
          // What is compacted is not part of its transaction any more, which was committed.
          return record.transactional ? coordinator_.replay(StateRecord(std::move(known)), record.producer_id)
                                      : coordinator_.replay(StateRecord(std::move(known)));
        else
          return {};
      },
      *read);
}

std::vector<Record> GroupMachine::written(const GroupAppend& append, Timestamp wall) const {
  std::vector<Record> records;
  for (const auto& record : append.records) {
    auto bytes = std::visit([](const auto& typed) { return write_record(typed); }, record);
    records.push_back(to_record(bytes, wall));
  }
  return records;
}

}  // namespace fulmar
