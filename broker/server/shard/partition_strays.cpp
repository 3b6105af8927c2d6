// Directories, found after a start, of partitions that this broker is not to have.
#include <set>

#include "broker/cluster/metadata_log.h"
#include "broker/cluster/topic_name.h"
#include "broker/server/shard/broker_shard.h"
#include "broker/server/shard/partitions.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/fiber.h"
#include "runtime/host/disk.h"

namespace fulmar {

Result<void> Partitions::open_lingering_and_remove_strays(bool clean) {
  FULMAR_TRY(auto there, shard_.host().disk().list(""));
  for (const auto& found : there) {
    auto key = found.is_directory ? partition_of_directory(found.name) : std::nullopt;
    // The shard that is to have it removes what is in its place.
    if (!key || entries_.contains(*key) || is_wanted_here(*key)) continue;
    auto& entry = entries_[*key];
    entry.busy = true;
    entry.clean = clean && !left_behind_;
    if (!check_stray(*key, entry) && shard_.host().shard() == 0)
      shard_.log().warn("not known whose records these are, so they stay: nothing vouches for partition.metadata",
                        {{"directory", found.name}});
    entry.busy = false;
    if (entry.is_over())
      forget(*key);
    else
      wake(*key, entry);
    changed_.notify_all();
  }
  // Groups of deleted topics: their ids do not come back.
  std::set<Uuid> topics{MetadataLog::group().topic};
  for (const auto& [key, entry] : entries_) {
    topics.insert(entry.shown.topic_id);
    if (entry.holds) topics.insert(*entry.holds);
  }
  for (const auto& group : shard_.replicas().stored_groups())
    if (!topics.contains(group.topic) && !image_->topic(group.topic)) {
      FULMAR_MARK("partitions: promises of a deleted topic removed");
      shard_.replicas().remove(group);
    }
  return {};
}

// Opens or removes a stray directory. If its partition becomes wanted meanwhile, the directory stays, and the partition
// is opened after this. Returns whether its topic is known.
bool Partitions::check_stray(const PartitionKey& key, Entry& entry) {
  CancellationShield shield;  // not cancelled
  entry.unseen = false;
  entry.claimed = true;
  auto found = files_.topic_of(partition_directory(key.first, key.second));
  if (found && shard_.owner(*found, key.second) == shard_.host().shard() && !entry.wanted) {
    if (is_to_linger(key, *found)) {
      FULMAR_MARK("partitions: stray lingers");
      entry.shown.topic_id = *found;
      entry.lingers = true;
      lingering_.insert(key);
    } else {
      remove_stray(key, *found);
    }
  }
  entry.claimed = false;
  changed_.notify_all();
  return found.has_value();
}

// The group may have a later configuration that includes this replica, and no majority without it; as in let_go().
bool Partitions::is_to_linger(const PartitionKey& key, const Uuid& topic_id) const {
  const auto* topic = topic_in_image(key.first, topic_id);
  if (!topic || key.second >= topic->partition_count()) return false;
  const auto& image = topic->partitions[static_cast<std::size_t>(key.second)];
  return shard_.replicas().stored_mark({topic_id, key.second}) > image.settled;
}

void Partitions::remove_stray(const PartitionKey& key, const Uuid& topic_id) {
  const auto directory = partition_directory(key.first, key.second);
  const GroupId group{topic_id, key.second};
  FULMAR_MARK("partitions: stray removed");
  shard_.log().info("partition that was deleted or moved away is removed", {{"partition", directory}});
  auto removed = shard_.logs().remove(directory);
  if (!topic_in_image(key.first, topic_id))
    shard_.replicas().remove(group);
  else if (auto forgotten = shard_.replicas().forget_log(group, true); removed)
    removed = forgotten;
  if (!removed)
    shard_.log().error("partition can't be removed",
                       {{"partition", directory}, {"reason", to_string(removed.error())}});
}

}  // namespace fulmar
