// Partitions: the partitions of a shard. The metadata says which replicas this broker is to have; each is opened,
// configured and removed by itself, in a fiber of its own while it has something to do. So images are shown at once,
// whatever they make necessary, and a disk or a log that is slow or stuck holds up its own partitions only.
//
// Until a partition is open it is answered for with NOT_LEADER_OR_FOLLOWER, as one that is on its way.
//
// Everything is by directory, that is by the topic's name and the partition's number: what an earlier topic of that
// name has here is removed before the log of the next is opened, on whichever shards they are. Such waits go from
// newer topics to older ones, so that they end.
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
  bool failed = false;               // then: because its log could not be opened, and not because it is on its way
  Epoch announced = -1;              // the epoch in which this replica leads, as Leaderships knows it; -1: it does not
  ChangeListeners::Registration listening = {};

  // Why there is no replica.
  ErrorCode absence() const { return failed ? ErrorCode::kafka_storage_error : ErrorCode::not_leader_or_follower; }
};

class Partitions {
 public:
  // Something of that topic lies in the place of a partition, or may, and that shard sees to it.
  struct Holder {
    unsigned shard = 0;
    Uuid topic;
    bool operator==(const Holder&) const = default;
  };
  using Holders = std::map<PartitionKey, std::vector<Holder>>;

  explicit Partitions(BrokerShard& shard);

  // -- By a new image, in two steps, the first on all shards before the second on any; see show_everywhere().
  // What is not of its topic any more is served no more. Adds what lies here in the places of partitions that are new
  // or changed. Does not wait.
  void withdraw(const MetadataDelta& delta, Holders& holders);
  // From now on partitions become what the image says. `clean`: logs that are opened for the first time were closed in
  // order. `reconfigure`: properties of the broker's have changed. In slices, but waits for nothing: to be called for
  // one image after the other.
  void follow(const MetadataDelta& delta, const Holders& holders, bool clean, bool reconfigure);

  // The partition if this broker is to have a replica of it, or still has; else null. Valid until the fiber waits.
  Partition* find(const std::string& topic, std::int32_t index);
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [key, entry] : entries_) visit(key, entry.shown);
  }
  // Waits until what was said to lie in the partition's place (see Holder) does not any more; whether that came before
  // the deadline.
  bool await_gone(const PartitionKey& key, const Uuid& topic_id, Deadline deadline);

  void start();
  // What lies here of partitions that are others' by the image: opened where the group knows of a later configuration
  // than the metadata, as it may count on this replica until it is led back; else removed, as they were moved while
  // this broker was away. Only once it knows what there is; on one shard after the other. Waits for the disk. `clean`:
  // as follow(). Errors: io_error, when it can't be seen what there is.
  Result<void> open_lingering_and_remove_strays(bool clean);
  void stop();
  // Before the logs are closed: nothing is listened to any more.
  void close();
  // Whether all of it is as the last stop left it, or open and can be closed in order.
  bool in_order() const;

 private:
  // What there is of one directory, and what is to become of it.
  struct Entry {
    Partition shown;              // as requests see it; while it is wanted its topic is that which is wanted
    bool wanted = false;          // by the image there is to be a replica here
    bool lingers = false;         // by the image there is not, but its group may count on it again: it stays open
    bool unseen = false;          // what lies here of its topic was not looked at in this life
    std::optional<Uuid> holds;    // the topic of which something is here
    bool clean = false;           // it was never opened in this life, and was closed in order in the last
    bool retry = false;           // it failed, or its log did: to be opened anew now
    bool may_recover = false;     // it failed as it may not the next time
    std::vector<Holder> holders;  // to be waited for before it is opened
    bool busy = false;            // a fiber is at it, or is about to be
    bool claimed = false;         // it is being found out whose it is

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
  // The topic in the image that is followed, if it is that one.
  const TopicImage* topic_in_image(const std::string& name, const Uuid& id) const;
  bool is_wanted_here(const PartitionKey& key) const;

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
  MetadataImagePtr image_ = std::make_shared<const MetadataImage>();  // the newest there is
  bool stopping_ = false;
  bool left_behind_ = false;  // a log that was neither removed nor closed
  Condition changed_;
  WorkQueue work_;
  WorkQueue campaigns_;
  FiberGroup fibers_;
};

}  // namespace fulmar
