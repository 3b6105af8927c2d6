// Partitions: the partitions of a shard. The metadata says which replicas this broker is to have; each is opened,
// configured and removed independently, in a fiber of its own while it has something to do. So an image is shown at
// once, and a slow or stuck disk or log delays only its own partitions.
//
// Until a partition is open, requests for it are answered NOT_LEADER_OR_FOLLOWER.
//
// Partitions are keyed by directory, that is by topic name and partition number: the files of an earlier topic of that
// name, on whatever shard, are removed before the log of the next is opened. Such waits go from newer topics to older
// ones, so they end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/cluster/metadata_delta.h"
#include "broker/protocol/error_code.h"
#include "broker/replication/replica.h"
#include "broker/server/shard/partition_files.h"
#include "runtime/base/time.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/work_queue.h"

namespace fulmar {

class BrokerShard;

using PartitionKey = std::pair<std::string, std::int32_t>;  // topic and number

// A partition on the shard that owns it.
struct Partition {
  Uuid topic_id;
  std::shared_ptr<Replica> replica;  // null: not open
  bool failed = false;               // if not open: because opening failed, not because it is still under way
  Epoch announced = -1;              // the epoch in which Leaderships knows this replica to lead; -1: it does not
  ChangeListeners::Registration listening = {};

  // The error if there is no replica.
  ErrorCode absence() const { return failed ? ErrorCode::kafka_storage_error : ErrorCode::not_leader_or_follower; }
};

class Partitions {
 public:
  // A shard that has, or may have, files of that topic in a partition's place.
  struct Holder {
    unsigned shard = 0;
    Uuid topic;
    bool operator==(const Holder&) const = default;
  };
  using Holders = std::map<PartitionKey, std::vector<Holder>>;

  explicit Partitions(BrokerShard& shard);

  // -- For a new image, in two steps, the first on all shards before the second on any; see show_everywhere(). Stops
  // serving partitions of topics that were replaced. Adds to `holders` what is here in the places of new or changed
  // partitions. Does not wait.
  void withdraw(const MetadataDelta& delta, Holders& holders);
  // Opens and removes partitions according to the image. `clean`: logs that are opened for the first time were closed
  // in order. `reconfigure`: properties of the broker have changed. Yields, but waits for nothing; to be called for
  // each image in turn.
  void follow(const MetadataDelta& delta, const Holders& holders, bool clean, bool reconfigure);

  // The partition if this broker is to have a replica of it, or still has one; else null. Valid until the fiber waits.
  Partition* find(const std::string& topic, std::int32_t index);
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [key, entry] : entries_) visit(key, entry.shown);
  }
  // Whether this broker is to have a replica of it, by the shown image.
  bool is_wanted_here(const PartitionKey& key) const;
  // Waits until the files of that topic in the partition's place (see Holder) are gone. Returns whether that came
  // before the deadline.
  bool await_gone(const PartitionKey& key, const Uuid& topic_id, Deadline deadline);

  void start();
  // Handles directories of partitions that this broker is not to have: opens those whose group has a later
  // configuration than the metadata, since it may count on this replica; removes the others, which were moved away
  // while this broker was down. To be called once the image is current, on one shard after the other. Waits for the
  // disk. `clean`: as follow(). Errors: io_error, if the directory can't be listed.
  Result<void> open_lingering_and_remove_strays(bool clean);
  void stop();
  // Removes all listeners, before the logs are closed.
  void close();
  // Whether every log is as the last life left it, or open so that it can be closed in order.
  bool in_order() const;

 private:
  // One directory, and what it should become.
  struct Entry {
    Partition shown;              // as requests see it; the wanted topic, if one is wanted
    bool wanted = false;          // the image has a replica here
    bool lingers = false;         // the image has none, but the group may count on it again: it stays open
    bool unseen = false;          // files of its topic may be here, not checked in this life
    std::optional<Uuid> holds;    // the topic whose files are here
    bool clean = false;           // not opened in this life yet, and closed in order in the last
    bool retry = false;           // opening or the log failed: to be opened again now
    bool may_recover = false;     // it failed in a way that may pass
    std::vector<Holder> holders;  // to wait for before it is opened
    bool busy = false;            // a fiber works on it, or is about to
    bool claimed = false;         // being checked for whose it is

    bool to_be_open() const { return wanted || lingers; }
    bool is_over() const { return !to_be_open() && !holds && !unseen; }
  };

  // partitions.cpp
  void want(const PartitionKey& key, const TopicImage& topic, const Holders& holders, bool clean);
  void wake(const PartitionKey& key, Entry& entry);
  void forget(const PartitionKey& key);
  void retry_failed();
  void retry_if_failed(const PartitionKey& key, Entry& entry);
  void configure(const TopicImage& topic, Entry& entry);
  template <class Visit>
  void each_of(const std::string& topic, Visit&& visit);
  // The topic in the newest image, if it has that id.
  const TopicImage* topic_in_image(const std::string& name, const Uuid& id) const;

  // partition_steps.cpp
  void reconcile(const PartitionKey& key);
  bool step(const PartitionKey& key, Entry& entry);
  void open(const PartitionKey& key, Entry& entry);
  bool holders_are_gone(const PartitionKey& key, Entry& entry);
  std::shared_ptr<Replica> open_replica(const GroupId& group, const PartitionImage& image,
                                        std::shared_ptr<PartitionLog> log);
  void put_in_service(const PartitionKey& key, Entry& entry, std::shared_ptr<Replica> replica);
  void take_out_of_service(const PartitionKey& key, Entry& entry);
  void note_leadership(Partition& partition);
  void end_coordinator(const PartitionKey& key);
  void close_failed(const PartitionKey& key, Entry& entry);
  void leave(const PartitionKey& key, Entry& entry);
  bool let_go(const PartitionKey& key, const Uuid& topic_id);
  void remove(const PartitionKey& key, Entry& entry);

  // partition_strays.cpp
  bool check_stray(const PartitionKey& key, Entry& entry);
  bool is_to_linger(const PartitionKey& key, const Uuid& topic_id) const;
  void remove_stray(const PartitionKey& key, const Uuid& topic_id);

  BrokerShard& shard_;
  PartitionFiles files_;
  std::map<PartitionKey, Entry> entries_;
  std::set<PartitionKey> lingering_;
  MetadataImagePtr image_ = std::make_shared<const MetadataImage>();  // the newest
  bool stopping_ = false;
  bool left_behind_ = false;  // a log could neither be removed nor closed
  Condition changed_;
  WorkQueue work_;
  WorkQueue campaigns_;
  FiberGroup fibers_;
};

}  // namespace fulmar
