#include "broker/replication/hard_state_records.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"

namespace fulmar {

namespace {

constexpr std::size_t replicas_max = 1000;  // of one configuration: a bound for hostile bytes

// Kinds of earlier formats stored the configurations that were in the log, with their offsets: 1 and 3, also without
// log term, and 7 and 8.
enum class Kind : std::int8_t {
  state_without_log_term = 1,
  removed = 2,
  change_without_log_term = 3,
  mark = 4,
  life = 5,
  completeness = 6,
  state_with_places = 7,
  change_with_places = 8,
  state = 9,
  changed = 10
};
constexpr std::size_t head_bytes = 8;

void write_replica(Writer& out, const ReplicaId& id) {
  out.int32(id.broker);
  out.uuid(id.directory);
}

void write_replicas(Writer& out, const std::vector<ReplicaId>& ids) {
  out.int32(static_cast<std::int32_t>(ids.size()));
  for (const auto& id : ids) write_replica(out, id);
}

std::string with_head(const Bytes& payload) {
  Writer head;
  head.int32(static_cast<std::int32_t>(payload.size()));
  head.int32(static_cast<std::int32_t>(crc32c(payload.view())));
  return std::string(std::move(head).finish().flatten().view()) + std::string(payload.view());
}

void write_configuration(Writer& out, const MarkedConfiguration& known) {
  out.int32(known.mark.term);
  out.int64(known.mark.version);
  write_replicas(out, known.configuration.voters);
  write_replicas(out, known.configuration.next_voters);
  write_replicas(out, known.configuration.learners);
}

ReplicaId read_replica(Reader& in) {
  auto broker = in.int32();
  return {broker, in.uuid()};
}

std::vector<ReplicaId> read_replicas(Reader& in) {
  std::vector<ReplicaId> ids;
  auto count = in.int32();
  if (count < 0 || static_cast<std::size_t>(count) > replicas_max) in.fail("too many replicas");
  for (std::int32_t i = 0; i < count && !in.failed(); ++i) ids.push_back(read_replica(in));
  return ids;
}

Configuration read_sets(Reader& in) {
  auto voters = read_replicas(in);
  auto next_voters = read_replicas(in);
  return {std::move(voters), std::move(next_voters), read_replicas(in)};
}

// Earlier formats: a change repeats the first `common` configurations of the record before, and lists the others.
std::vector<MarkedConfiguration> read_places(Reader& in, bool is_change,
                                             const std::vector<MarkedConfiguration>* before) {
  std::vector<MarkedConfiguration> all;
  if (is_change) {
    auto common = in.int32();
    if (!before || common < 0 || std::cmp_greater(common, before->size())) {
      in.fail("a change of what is not known");
      return all;
    }
    all.assign(before->begin(), before->begin() + common);
  }
  auto count = in.int32();
  for (std::int32_t i = 0; i < count && !in.failed(); ++i) {
    auto offset = in.int64();
    auto mark = version_of_offset(in.int32(), offset);
    all.push_back({mark, read_sets(in)});
  }
  return all;
}

// Returns false if it is malformed.
bool apply_state(Reader& in, Kind kind, const GroupId& group, RecordsFound& found) {
  const bool has_log_term = kind != Kind::state_without_log_term && kind != Kind::change_without_log_term;
  HardState state;
  state.term = in.int32();
  bool voted = in.int8() != 0;
  auto vote = read_replica(in);
  if (voted) state.vote = vote;
  if (has_log_term) state.log_term = in.int32();
  state.solo = in.int8() != 0;
  state.damage = static_cast<std::uint64_t>(in.int64());
  auto before = found.states.find(group);
  switch (kind) {
    case Kind::state: {
      auto term = in.int32();
      auto version = in.int64();
      state.configuration = {{term, version}, read_sets(in)};
      break;
    }
    case Kind::changed:
      if (before == found.states.end()) return false;
      state.configuration = before->second.configuration;
      break;
    default: {
      auto known = found.places.find(group);
      bool is_change = kind == Kind::change_without_log_term || kind == Kind::change_with_places;
      auto all = read_places(in, is_change, known == found.places.end() ? nullptr : &known->second);
      if (in.failed()) return false;
      if (!all.empty()) state.configuration = all.back();
      found.places.insert_or_assign(group, std::move(all));
    }
  }
  if (in.failed() || in.remaining() > 0) return false;
  found.states.insert_or_assign(group, std::move(state));
  if (has_log_term)
    found.earlier.erase(group);
  else
    found.earlier.insert(group);
  return true;
}

// Applies one record's payload. Returns false if it is malformed.
bool apply_record(Bytes payload, RecordsFound& found) {
  Reader in(std::move(payload));
  GroupId group;
  group.topic = in.uuid();
  group.partition = in.int32();
  auto kind = static_cast<Kind>(in.int8());
  if (in.failed()) return false;
  switch (kind) {
    case Kind::mark: in.int64(); break;
    case Kind::life: break;
    case Kind::completeness: found.incomplete = group.partition != 0; break;
    case Kind::removed:
      found.states.erase(group);
      found.earlier.erase(group);
      found.places.erase(group);
      return true;
    case Kind::state_without_log_term:
    case Kind::change_without_log_term:
    case Kind::state_with_places:
    case Kind::change_with_places:
    case Kind::state:
    case Kind::changed: return apply_state(in, kind, group, found);
    default: return false;
  }
  return !in.failed() && in.remaining() == 0;
}

// The payload of the record at that position; nullopt if there is none.
std::optional<Bytes> payload_at(const Bytes& records, std::size_t at) {
  if (at > records.size() || records.size() - at < head_bytes) return std::nullopt;
  Reader head(records.slice(at, head_bytes));
  auto size = head.int32();
  auto crc = static_cast<std::uint32_t>(head.int32());
  if (size <= 0 || static_cast<std::size_t>(size) > records.size() - at - head_bytes) return std::nullopt;
  auto payload = records.slice(at + head_bytes, static_cast<std::size_t>(size));
  if (crc32c(payload.view()) != crc) return std::nullopt;
  return payload;
}

std::string record_of_all(std::int32_t partition, Kind kind, std::optional<std::int64_t> number = {}) {
  Writer out;
  out.uuid(Uuid{});
  out.int32(partition);
  out.int8(static_cast<std::int8_t>(kind));
  if (number) out.int64(*number);
  return with_head(std::move(out).finish().flatten());
}

}  // namespace

std::string mark_record(std::uint64_t offset) {
  return record_of_all(0, Kind::mark, static_cast<std::int64_t>(offset));
}

std::string life_record(unsigned shards) {
  return record_of_all(static_cast<std::int32_t>(shards), Kind::life);
}

std::string completeness_record(bool incomplete) {
  return record_of_all(incomplete ? 1 : 0, Kind::completeness);
}

std::string state_record(const GroupId& group, const HardState& state, const HardState* before) {
  bool same = before && before->configuration == state.configuration;
  Writer out;
  out.uuid(group.topic);
  out.int32(group.partition);
  out.int8(static_cast<std::int8_t>(same ? Kind::changed : Kind::state));
  out.int32(state.term);
  out.int8(state.vote ? 1 : 0);
  write_replica(out, state.vote.value_or(ReplicaId{}));
  out.int32(state.log_term);
  out.int8(state.solo ? 1 : 0);
  out.int64(static_cast<std::int64_t>(state.damage));
  if (!same) write_configuration(out, state.configuration);
  return with_head(std::move(out).finish().flatten());
}

std::string removed_record(const GroupId& group) {
  Writer out;
  out.uuid(group.topic);
  out.int32(group.partition);
  out.int8(static_cast<std::int8_t>(Kind::removed));
  return with_head(std::move(out).finish().flatten());
}

// The offset in the mark at that position; nullopt if there is none.
std::optional<std::size_t> mark_at(const Bytes& records, std::size_t at) {
  constexpr std::string_view size_of_mark("\0\0\0\x1d", 4);
  if (at > records.size() || records.view().substr(at, 4) != size_of_mark) return std::nullopt;
  auto payload = payload_at(records, at);
  if (!payload) return std::nullopt;
  Reader in(*payload);
  auto topic = in.uuid();
  auto partition = in.int32();
  auto kind = static_cast<Kind>(in.int8());
  auto offset = in.int64();
  bool is_mark = topic.is_zero() && partition == 0 && kind == Kind::mark && offset >= 0;
  return is_mark ? std::optional(static_cast<std::size_t>(offset)) : std::nullopt;
}

std::size_t apply_records(const Bytes& records, RecordsFound& found) {
  std::size_t at = 0;
  while (auto payload = payload_at(records, at)) {
    if (!apply_record(*payload, found)) break;
    at += head_bytes + payload->size();
  }
  return at;
}

bool begins_with_record(const Bytes& records) {
  return payload_at(records, 0).has_value();
}

std::optional<std::size_t> shards_in(const Bytes& records) {
  std::size_t at = 0;
  while (auto payload = payload_at(records, at)) {
    at += head_bytes + payload->size();
    Reader in(*payload);
    auto topic = in.uuid();
    auto shards = in.int32();
    if (topic.is_zero() && static_cast<Kind>(in.int8()) == Kind::life && shards > 0)
      return static_cast<std::size_t>(shards);
  }
  return std::nullopt;
}

}  // namespace fulmar
