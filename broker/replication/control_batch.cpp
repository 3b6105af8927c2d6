#include "broker/replication/control_batch.h"

#include "broker/protocol/record_builder.h"
#include "broker/protocol/writer.h"

namespace fulmar {

namespace {

// None of the types of control records that Kafka uses (KAFKA-12952 has the list).
constexpr std::int16_t configuration_type = 100;
constexpr std::int16_t version = 0;

std::string text_of(Writer writer) {
  return std::string(std::move(writer).finish().flatten().view());
}

}  // namespace

Bytes build_control_batch(const Configuration& configuration, Timestamp wall_ms) {
  Writer key;
  key.int16(version);
  key.int16(configuration_type);
  Record record{text_of(std::move(key)), to_string(configuration), wall_ms, {}};
  return build_batch({record}, {.control = true});
}

}  // namespace fulmar
