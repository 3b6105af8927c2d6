#include "broker/replication/hard_state_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "broker/protocol/endian.h"
#include "broker/protocol/record_batch.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr std::string_view file_prefix = "raft-state-";
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;
constexpr std::size_t rewrite_bytes_min = 64 * 1024;
// the file is rewritten once it is so many times larger than after the last rewrite
constexpr std::uint64_t rewrite_factor = 4;
constexpr std::size_t synced_size_bytes = 12;  // of the file's attribute: the size, and its CRC-32C

// The file's attribute has the size up to which the file is on stable storage, in case its end is lost with the marks
// there.
Result<void> note_synced_size(File& file, std::uint64_t size) {
  std::string bytes(synced_size_bytes, '\0');
  store_big(bytes.data(), size);
  store_big(bytes.data() + sizeof size, crc32c(std::string_view(bytes).substr(0, sizeof size)));
  auto noted = file.set_attribute(bytes);
  if (!noted && noted.error().code == Errc::unsupported) return {};
  return noted;
}

// 0 if the file has no valid attribute.
Result<std::uint64_t> synced_size(File& file) {
  auto bytes = file.attribute();
  if (!bytes && bytes.error().code == Errc::unsupported) return 0;
  if (!bytes) return std::unexpected(bytes.error());
  constexpr auto crc_at = sizeof(std::uint64_t);
  bool right = bytes->size() == synced_size_bytes &&
               load_big<std::uint32_t>(bytes->data() + crc_at) == crc32c(std::string_view(*bytes).substr(0, crc_at));
  return right ? load_big<std::uint64_t>(bytes->data()) : 0;
}

// Applies a file's records, also those after damage, so that each group's state is the latest known. Returns whether
// the file is damaged below the offset that the marks, or its attribute (`synced`), vouch for; false if it merely ends
// with a torn write.
bool apply_all(const Bytes& records, std::size_t synced, RecordsFound& found) {
  std::size_t vouched = synced;
  for (std::size_t at = 0; at + mark_record_bytes <= records.size(); ++at)
    if (auto offset = mark_at(records, at)) vouched = std::max(vouched, *offset);
  // A file gets its name only once its first records are on stable storage.
  bool damaged = records.size() > 0 && !begins_with_record(records);
  std::size_t at = 0;
  for (;;) {
    at += apply_records(records.slice(at), found);
    if (at >= vouched) return damaged;
    FULMAR_MARK("replication: hard states damaged");
    damaged = true;
    const auto end = std::min(vouched, records.size());  // a mark may exceed the size of a shortened file
    do ++at;
    while (at < end && !mark_at(records, at));
    if (at >= records.size()) return true;
  }
}

// Whether the files of some life are all there. A life's files are complete before those of the life before are
// removed, and before any partition is created.
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
  RecordsFound found{states, earlier};
  return apply_records(records, found);
}

void HardStateStore::lose_promises(HardStates& states, const std::function<std::uint64_t()>& number) {
  for (auto& [group, state] : states) {
    HardState left;
    FULMAR_MARK("replication: promises lost");
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
  // In the order of lives: a later life's files may lack groups, if it ended early, but its states are newer.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> in_order;
  for (const auto& [name, bytes] : files)
    if (auto numbers = numbers_of(name)) in_order.emplace(*numbers, name);
  for (const auto& [numbers, name] : in_order) {
    auto told = synced.find(name);
    auto size = told == synced.end() ? std::size_t{0} : static_cast<std::size_t>(told->second);
    RecordsFound found{stored.states, stored.earlier};
    if (apply_all(files.at(name), size, found)) stored.damage.push_back(name);
    stored.incomplete = stored.incomplete || found.incomplete || !stored.damage.empty();
    stored.files.push_back(name);
    stored.next_life = numbers.first + 1;
  }
  return stored;
}

Result<StoredStates> HardStateStore::load(Disk& disk) {
  FULMAR_TRY(auto entries, disk.list(""));
  std::map<std::string, Bytes> files;
  std::map<std::string, std::uint64_t> synced;
  for (const auto& entry : entries) {
    if (entry.is_directory || !numbers_of(entry.name)) continue;
    FULMAR_TRY(auto file, disk.open(entry.name, OpenMode::read));
    auto size = file->size();
    if (size > file_bytes_max) return fail(Errc::too_large, entry.name);
    FULMAR_TRY(files[entry.name], read_exactly(*file, 0, size));
    FULMAR_TRY(synced[entry.name], synced_size(*file));
  }
  auto stored = decode(files, synced);
  if (!any_life_is_whole(files) && std::any_of(entries.begin(), entries.end(), is_of_partition)) {
    FULMAR_MARK("replication: file of hard states gone");
    stored.damage.push_back(std::string(file_prefix) + "* (one is gone)");
  }
  stored.incomplete = stored.incomplete || !stored.damage.empty();
  return stored;
}

Result<void> HardStateStore::remove_files(Disk& disk, const std::vector<std::string>& files) {
  for (const auto& file : files) FULMAR_TRY_VOID(disk.remove(file));
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
  FULMAR_TRY_VOID(store->rewrite());
  return store;
}

const HardState* HardStateStore::find(const GroupId& group) const {
  auto found = states_.find(group);
  return found == states_.end() ? nullptr : &found->second;
}

Result<void> HardStateStore::rewrite() {
  auto all = life_record(host_.shard_count());
  if (incomplete_) all += completeness_record(true);
  for (const auto& [group, state] : states_) all += state_record(group, state);
  auto size = mark_record_bytes + all.size();
  all = mark_record(size) + all + mark_record(size);
  FULMAR_TRY_VOID(replace_file_unsynced(host_.disk(), path_, ByteChain(Bytes::copy_of(all)),
                                        [size](File& file) { return note_synced_size(file, size); }));
  FULMAR_TRY_VOID(host_.disk().sync_directory(""));
  FULMAR_TRY(file_, host_.disk().open(path_, OpenMode::read_write));
  size_ = live_size_ = size;
  return {};
}

// Not synced: it becomes durable with the next sync, and the next write begins with the same mark. Nothing depends on
// it, so errors are ignored.
void HardStateStore::mark_end() {
  auto marked = file_->write_at(size_, ByteChain(Bytes::copy_of(mark_record(size_))));
  auto noted = note_synced_size(*file_, size_);
  (void)marked, (void)noted;
}

Result<void> HardStateStore::write_pending() {
  auto records = std::exchange(pending_, {});
  auto asked = asked_;
  Result<void> written;
  if (!file_ || size_ + records.size() > std::max<std::uint64_t>(rewrite_bytes_min, rewrite_factor * live_size_)) {
    FULMAR_MARK("replication: hard states written anew");
    written = rewrite();
  } else {
    auto marked = mark_record(size_) + records;
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
    FULMAR_MARK("replication: no room for a hard state");
    pending_.insert(0, records);  // written with the next batch
  } else {
    FULMAR_MARK("replication: hard state not stored");
    failed_ = true;
  }
  return written;
}

Result<void> HardStateStore::put(const GroupId& group, HardState state) {
  // A state that could not be written for lack of space is still pending: a retry does not add it again.
  if (const auto* known = find(group); !known || *known != state) {
    pending_ += state_record(group, state, known);
    states_.insert_or_assign(group, std::move(state));
    ++asked_;
  }
  const auto mine = asked_;
  while (done_ < mine) {
    if (failed_) {
      FULMAR_MARK("replication: hard state after a failed write refused");
      return fail(Errc::io_error, path_ + ": an earlier write failed");
    }
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
    FULMAR_TRY_VOID(write_pending());
  }
  return {};
}

void HardStateStore::remove(const GroupId& group) {
  if (states_.erase(group) > 0) pending_ += removed_record(group);
}

void HardStateStore::is_complete() {
  if (std::exchange(incomplete_, false)) pending_ += completeness_record(false);
}

}  // namespace fulmar
