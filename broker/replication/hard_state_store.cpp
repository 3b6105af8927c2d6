#include "broker/replication/hard_state_store.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>
#include <utility>

#include "broker/protocol/endian.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/writer.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::string_view file_prefix = "raft-state-";
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;
constexpr std::size_t rewrite_bytes_min = 64 * 1024;
constexpr std::uint64_t rewrite_factor = 4;  // rewritten when it has grown so many times larger than what counts
constexpr std::size_t replicas_max = 1000;   // of one configuration: a bound for hostile bytes

// Of the earlier format, without log terms, are 1 and 3.
enum class Kind : std::int8_t {
  earlier_state = 1,
  removed = 2,
  earlier_change = 3,
  mark = 4,
  life = 5,
  completeness = 6,
  state = 7,
  changed = 8
};
constexpr std::size_t head_bytes = 8;
constexpr std::size_t synced_size_bytes = 12;        // of the attribute: the size, and the CRC-32C of that
constexpr std::size_t mark_bytes = head_bytes + 29;  // a group that is none, the kind, and the offset

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

// All of the file below `offset` is on stable storage.
std::string mark_of(std::uint64_t offset) {
  Writer out;
  out.uuid(Uuid{});
  out.int32(0);
  out.int8(static_cast<std::int8_t>(Kind::mark));
  out.int64(static_cast<std::int64_t>(offset));
  return with_head(std::move(out).finish().flatten());
}

// Each of so many shards has a file of this life.
std::string life_of(unsigned shards) {
  Writer out;
  out.uuid(Uuid{});
  out.int32(static_cast<std::int32_t>(shards));
  out.int8(static_cast<std::int8_t>(Kind::life));
  return with_head(std::move(out).finish().flatten());
}

// Whether groups without a state may have promised something.
std::string completeness_of(bool incomplete) {
  Writer out;
  out.uuid(Uuid{});
  out.int32(incomplete ? 1 : 0);
  out.int8(static_cast<std::int8_t>(Kind::completeness));
  return with_head(std::move(out).finish().flatten());
}

// The file's attribute says up to where it is on stable storage, should its end, with the marks there, be lost.
Result<void> note_synced_size(File& file, std::uint64_t size) {
  std::string bytes(synced_size_bytes, '\0');
  store_big(bytes.data(), size);
  store_big(bytes.data() + sizeof size, crc32c(std::string_view(bytes).substr(0, sizeof size)));
  auto noted = file.set_attribute(bytes);
  if (!noted && noted.error().code == Errc::unsupported) return {};
  return noted;
}

// 0 if the file does not say.
Result<std::uint64_t> synced_size(File& file) {
  auto bytes = file.attribute();
  if (!bytes && bytes.error().code == Errc::unsupported) return 0;
  if (!bytes) return std::unexpected(bytes.error());
  constexpr auto crc_at = sizeof(std::uint64_t);
  bool right = bytes->size() == synced_size_bytes &&
               load_big<std::uint32_t>(bytes->data() + crc_at) == crc32c(std::string_view(*bytes).substr(0, crc_at));
  return right ? load_big<std::uint64_t>(bytes->data()) : 0;
}

std::size_t common_configurations(const HardState& a, const HardState& b) {
  auto [end, other] =
      std::mismatch(a.configurations.begin(), a.configurations.end(), b.configurations.begin(), b.configurations.end());
  return static_cast<std::size_t>(end - a.configurations.begin());
}

// Of the configurations only what comes after those that `before`, the record before of that group, has as well.
std::string record_of(const GroupId& group, const HardState* state, const HardState* before = nullptr) {
  auto common = before ? common_configurations(*before, *state) : 0;
  Writer out;
  out.uuid(group.topic);
  out.int32(group.partition);
  out.int8(static_cast<std::int8_t>(!state ? Kind::removed : common > 0 ? Kind::changed : Kind::state));
  if (state) {
    out.int32(state->term);
    out.int8(state->vote ? 1 : 0);
    write_replica(out, state->vote.value_or(ReplicaId{}));
    out.int32(state->log_term);
    out.int8(state->solo ? 1 : 0);
    out.int64(static_cast<std::int64_t>(state->damage));
    if (common > 0) out.int32(static_cast<std::int32_t>(common));
    out.int32(static_cast<std::int32_t>(state->configurations.size() - common));
    for (const auto& entry : std::span(state->configurations).subspan(common)) {
      out.int64(entry.offset);
      out.int32(entry.epoch);
      write_replicas(out, entry.configuration.voters);
      write_replicas(out, entry.configuration.next_voters);
      write_replicas(out, entry.configuration.learners);
    }
  }
  return with_head(std::move(out).finish().flatten());
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

// What a file's records say.
struct Found {
  HardStates& states;
  std::set<GroupId>& earlier;  // see StoredStates
  bool incomplete = false;     // likewise
};

// One record's payload. False if it is none.
bool apply_record(Bytes payload, Found& found) {
  Reader in(std::move(payload));
  GroupId group;
  group.topic = in.uuid();
  group.partition = in.int32();
  auto kind = static_cast<Kind>(in.int8());
  if (kind == Kind::mark) in.int64();
  if (kind == Kind::completeness) found.incomplete = group.partition != 0;
  if (kind == Kind::mark || kind == Kind::life || kind == Kind::completeness)
    return !in.failed() && in.remaining() == 0;
  if (kind == Kind::removed) {
    if (!in.failed()) {
      found.states.erase(group);
      found.earlier.erase(group);
    }
    return !in.failed();
  }
  const bool of_earlier = kind == Kind::earlier_state || kind == Kind::earlier_change;
  const bool is_change = kind == Kind::changed || kind == Kind::earlier_change;
  HardState state;
  state.term = in.int32();
  bool voted = in.int8() != 0;
  auto vote = read_replica(in);
  if (voted) state.vote = vote;
  if (!of_earlier) state.log_term = in.int32();
  state.solo = in.int8() != 0;
  state.damage = static_cast<std::uint64_t>(in.int64());
  auto common = is_change ? in.int32() : 0;
  auto count = in.int32();
  for (std::int32_t i = 0; i < count && !in.failed(); ++i) {
    ConfigurationAt entry;
    entry.offset = in.int64();
    entry.epoch = in.int32();
    entry.configuration.voters = read_replicas(in);
    entry.configuration.next_voters = read_replicas(in);
    entry.configuration.learners = read_replicas(in);
    state.configurations.push_back(std::move(entry));
  }
  if (in.failed() || in.remaining() > 0 || !(of_earlier || is_change || kind == Kind::state)) return false;
  if (is_change) {
    auto before = found.states.find(group);
    bool fits = before != found.states.end() && common >= 0 &&
                std::cmp_less_equal(common, before->second.configurations.size());
    if (!fits) return false;
    auto all = std::move(before->second.configurations);
    all.resize(static_cast<std::size_t>(common));
    std::move(state.configurations.begin(), state.configurations.end(), std::back_inserter(all));
    state.configurations = std::move(all);
  }
  found.states.insert_or_assign(group, std::move(state));
  if (of_earlier)
    found.earlier.insert(group);
  else
    found.earlier.erase(group);
  return true;
}

// The payload of the record that begins there; nullopt if none does.
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

// What the mark that begins there says; nullopt if none does.
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

// Takes in records, up to the first that can't be read; returns where that begins.
std::size_t apply_records(const Bytes& records, Found& found) {
  std::size_t at = 0;
  while (auto payload = payload_at(records, at)) {
    if (!apply_record(*payload, found)) break;
    at += head_bytes + payload->size();
  }
  return at;
}

// Takes in a file's records, also those behind damage: what is known of a group must not be older than need be. Whether
// it is damaged below what the marks vouch for, or `synced`, which its attribute says, should they be damaged with it:
// false, where it ends with a torn write.
bool apply_all(const Bytes& records, std::size_t synced, Found& found) {
  std::size_t vouched = synced;
  for (std::size_t at = 0; at + mark_bytes <= records.size(); ++at)
    if (auto offset = mark_at(records, at)) vouched = std::max(vouched, *offset);
  // A file has its name only once its first records are on stable storage.
  bool damaged = records.size() > 0 && !payload_at(records, 0);
  std::size_t at = 0;
  for (;;) {
    at += apply_records(records.slice(at), found);
    if (at >= vouched) return damaged;
    damaged = true;
    const auto end = std::min(vouched, records.size());  // marks may tell of more than is left
    do ++at;
    while (at < end && !mark_at(records, at));
    if (at >= records.size()) return true;
  }
}

// How many shards the file's life had; nullopt if it does not say: older versions did not.
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

// Whether some life's files are all there. They are before those of the life before go, and before any partition is
// made.
bool any_life_is_whole(const std::map<std::string, Bytes>& files) {
  struct Life {
    std::size_t files = 0;
    std::optional<std::size_t> shards;
  };
  std::map<std::uint64_t, Life> lives;
  for (const auto& [name, bytes] : files) {
    auto& life = lives[HardStateStore::numbers_of(name)->first];
    ++life.files;
    if (auto shards = shards_in(bytes)) life.shards = shards;
  }
  return std::any_of(lives.begin(), lives.end(),
                     [](const auto& entry) { return entry.second.files >= entry.second.shards.value_or(0); });
}

bool is_of_partition(const DirectoryEntry& entry) {
  auto dash = entry.name.rfind('-');
  return entry.is_directory && dash != std::string::npos && dash + 1 < entry.name.size() &&
         entry.name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
}

}  // namespace

std::size_t HardStateStore::apply(const Bytes& records, HardStates& states) {
  std::set<GroupId> earlier;
  Found found{states, earlier};
  return apply_records(records, found);
}

void HardStateStore::lose_promises(HardStates& states, const std::function<std::uint64_t()>& number) {
  for (auto& [group, state] : states) {
    HardState left;
    left.term = state.term;
    left.vote = state.vote;
    left.damage = lost_promises(number());
    state = std::move(left);
  }
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> HardStateStore::numbers_of(std::string_view name) {
  if (!name.starts_with(file_prefix)) return std::nullopt;
  name.remove_prefix(file_prefix.size());
  std::uint64_t life = 0, shard = 0;
  auto [dash, life_error] = std::from_chars(name.data(), name.data() + name.size(), life);
  if (life_error != std::errc() || dash == name.data() + name.size() || *dash != '-') return std::nullopt;
  auto [end, shard_error] = std::from_chars(dash + 1, name.data() + name.size(), shard);
  if (shard_error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return std::pair{life, shard};
}

StoredStates HardStateStore::decode(const std::map<std::string, Bytes>& files,
                                    const std::map<std::string, std::uint64_t>& synced) {
  StoredStates stored;
  // A later life's files may lack groups, if it did not get far; what they have is newer.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> in_order;
  for (const auto& [name, bytes] : files)
    if (auto numbers = numbers_of(name)) in_order.emplace(*numbers, name);
  for (const auto& [numbers, name] : in_order) {
    auto told = synced.find(name);
    auto size = told == synced.end() ? std::size_t{0} : static_cast<std::size_t>(told->second);
    Found found{stored.states, stored.earlier};
    if (apply_all(files.at(name), size, found)) stored.damage.push_back(name);
    stored.incomplete = stored.incomplete || found.incomplete || !stored.damage.empty();
    stored.files.push_back(name);
    stored.next_life = numbers.first + 1;
  }
  return stored;
}

Result<StoredStates> HardStateStore::load(Disk& disk) {
  TRY(auto entries, disk.list(""));
  std::map<std::string, Bytes> files;
  std::map<std::string, std::uint64_t> synced;
  for (const auto& entry : entries) {
    if (entry.is_directory || !numbers_of(entry.name)) continue;
    TRY(auto file, disk.open(entry.name, OpenMode::read));
    auto size = file->size();
    if (size > file_bytes_max) return fail(Errc::too_large, entry.name);
    TRY(files[entry.name], read_exactly(*file, 0, size));
    TRY(synced[entry.name], synced_size(*file));
  }
  auto stored = decode(files, synced);
  if (!any_life_is_whole(files) && std::any_of(entries.begin(), entries.end(), is_of_partition))
    stored.damage.push_back(std::string(file_prefix) + "* (one is gone)");
  stored.incomplete = stored.incomplete || !stored.damage.empty();
  return stored;
}

Result<void> HardStateStore::remove_files(Disk& disk, const std::vector<std::string>& files) {
  for (const auto& file : files) TRY_VOID(disk.remove(file));
  return disk.sync_directory("");
}

HardStateStore::HardStateStore(Host& host, std::string path, HardStates states, bool incomplete)
    : host_(host),
      path_(std::move(path)),
      shortage_(host, host.log().named("raft")),
      states_(std::move(states)),
      incomplete_(incomplete) {}

Result<std::unique_ptr<HardStateStore>> HardStateStore::begin(Host& host, std::uint64_t life, HardStates states,
                                                              bool incomplete) {
  auto path = std::string(file_prefix) + std::to_string(life) + "-" + std::to_string(host.shard());
  std::unique_ptr<HardStateStore> store(new HardStateStore(host, std::move(path), std::move(states), incomplete));
  TRY_VOID(store->rewrite());
  return store;
}

const HardState* HardStateStore::find(const GroupId& group) const {
  auto found = states_.find(group);
  return found == states_.end() ? nullptr : &found->second;
}

Result<void> HardStateStore::rewrite() {
  auto all = life_of(host_.shard_count());
  if (incomplete_) all += completeness_of(true);
  for (const auto& [group, state] : states_) all += record_of(group, &state);
  auto size = mark_bytes + all.size();
  all = mark_of(size) + all + mark_of(size);
  TRY_VOID(replace_file_unsynced(host_.disk(), path_, ByteChain(Bytes::copy_of(all)),
                                 [size](File& file) { return note_synced_size(file, size); }));
  TRY_VOID(host_.disk().sync_directory(""));
  TRY(file_, host_.disk().open(path_, OpenMode::read_write));
  size_ = live_size_ = size;
  return {};
}

// Durable with the next sync; the next write begins with the same. Nobody is told anything because of it.
void HardStateStore::mark_end() {
  auto marked = file_->write_at(size_, ByteChain(Bytes::copy_of(mark_of(size_))));
  auto noted = note_synced_size(*file_, size_);
  (void)marked, (void)noted;
}

Result<void> HardStateStore::write_pending() {
  auto records = std::exchange(pending_, {});
  auto asked = asked_;
  Result<void> written;
  if (!file_ || size_ + records.size() > std::max<std::uint64_t>(rewrite_bytes_min, rewrite_factor * live_size_)) {
    written = rewrite();
  } else {
    auto marked = mark_of(size_) + records;
    written = file_->write_at(size_, ByteChain(Bytes::copy_of(marked)));
    if (written) written = file_->sync();
    if (written) {
      size_ += marked.size();
      mark_end();
    }
  }
  if (written) {
    shortage_.written();
    done_ = asked;
  } else if (is_shortage(written.error().code)) {
    shortage_.refused(path_, written.error());
    pending_.insert(0, records);  // goes with the next one
  } else {
    failed_ = true;
  }
  return written;
}

Result<void> HardStateStore::put(const GroupId& group, HardState state) {
  pending_ += record_of(group, &state, find(group));
  states_.insert_or_assign(group, std::move(state));
  auto mine = ++asked_;
  while (done_ < mine) {
    if (failed_) return fail(Errc::io_error, path_ + ": an earlier write failed");
    if (writing_) {
      progress_.wait([&] { return !writing_; });
      continue;
    }
    struct Turn {
      HardStateStore& store;
      ~Turn() {
        store.writing_ = false;
        store.progress_.notify_all();
      }
    };
    writing_ = true;
    Turn turn{*this};
    TRY_VOID(write_pending());
  }
  return {};
}

void HardStateStore::remove(const GroupId& group) {
  if (states_.erase(group) > 0) pending_ += record_of(group, nullptr);
}

void HardStateStore::is_complete() {
  if (std::exchange(incomplete_, false)) pending_ += completeness_of(false);
}

}  // namespace fulmar
