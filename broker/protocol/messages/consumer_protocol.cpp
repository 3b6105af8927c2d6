#include "broker/protocol/messages/consumer_protocol.h"

#include "broker/protocol/describe.h"
#include "runtime/base/assert.h"

namespace fulmar {

template <class F>
void describe(F& f, ConsumerProtocolSubscription::TopicPartitions& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerProtocolSubscription& m) {
  f("topics", m.topics);
  f("user_data", m.user_data);
  f("owned_partitions", m.owned_partitions, {.since = 1});
  f("generation_id", m.generation_id, {.since = 2});
  f("rack_id", m.rack_id, {.since = 3});
}

template <class F>
void describe(F& f, ConsumerProtocolAssignment::TopicPartitions& m) {
  f("topic", m.topic);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, ConsumerProtocolAssignment& m) {
  f("assigned_partitions", m.assigned_partitions);
  f("user_data", m.user_data);
}

FULMAR_DEFINE_MESSAGE(ConsumerProtocolSubscription);
FULMAR_DEFINE_MESSAGE(ConsumerProtocolAssignment);

namespace {

template <class M>
Result<M> read_versioned(const Bytes& bytes) {
  Reader reader(bytes);
  auto version = reader.int16();
  if (!reader.failed() && version < M::schema.min) reader.fail("the version is negative");
  if (reader.failed()) return fail(Errc::corrupt, std::string(M::schema.name) + ": " + reader.error());
  return decode<M>(reader, std::min(version, M::schema.max));
}

template <class M>
Bytes write_versioned(const M& message, std::int16_t version) {
  FULMAR_ASSERT(version >= M::schema.min && version <= M::schema.max);
  Writer writer;
  writer.int16(version);
  encode(writer, message, version);
  return std::move(writer).finish().flatten();
}

}  // namespace

Result<ConsumerProtocolSubscription> read_consumer_subscription(const Bytes& bytes) {
  return read_versioned<ConsumerProtocolSubscription>(bytes);
}

Result<ConsumerProtocolAssignment> read_consumer_assignment(const Bytes& bytes) {
  return read_versioned<ConsumerProtocolAssignment>(bytes);
}

Bytes write_consumer_subscription(const ConsumerProtocolSubscription& subscription, std::int16_t version) {
  return write_versioned(subscription, version);
}

Bytes write_consumer_assignment(const ConsumerProtocolAssignment& assignment, std::int16_t version) {
  return write_versioned(assignment, version);
}

}  // namespace fulmar
