#include "broker/replication/control_batch.h"

#include "broker/protocol/record_builder.h"
#include "broker/protocol/writer.h"

namespace fulmar {

namespace {

// Types of control records (KAFKA-12952 has the list that Kafka uses).
constexpr std::int16_t leader_change_type = 2;
constexpr std::int16_t configuration_type = 100;
constexpr std::int16_t version = 0;

std::string text_of(Writer writer) {
  return std::string(std::move(writer).finish().flatten().view());
}

}  // namespace

Bytes build_control_batch(const ControlBatch& what, const ReplicaId& leader, Timestamp wall_ms) {
  bool leader_change = what.kind == ControlBatch::Kind::leader_change;
  Writer key;
  key.int16(version);
  key.int16(leader_change ? leader_change_type : configuration_type);
  Writer value;
  if (leader_change) {
    // LeaderChangeMessage, version 0: who leads; the lists of voters are left empty.
    value.int16(version);
    value.int32(leader.broker);
    value.array_count(0, true);
    value.array_count(0, true);
    value.unsigned_varint(0);
  } else {
    value.raw(to_string(what.configuration));
  }
  Record record{text_of(std::move(key)), text_of(std::move(value)), wall_ms, {}};
  return build_batch({record}, {.control = true});
}

}  // namespace fulmar
