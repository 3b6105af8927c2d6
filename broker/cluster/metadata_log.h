// MetadataLog: the cluster's metadata as a replicated state machine: a Raft group with a log of records, and the image
// that they make. On shard 0.
//
// A change is committed before it is shown to anybody. At intervals the image is stored as a snapshot, and the log
// before it is deleted.
#pragma once

#include <functional>
#include <vector>

#include "broker/cluster/first_users.h"
#include "broker/cluster/metadata_records.h"
#include "broker/cluster/metadata_snapshot.h"
#include "broker/log/log_manager.h"
#include "broker/replication/replica_manager.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

struct MetadataLogConfig {
  RaftSettings raft;
  std::int64_t bytes_between_snapshots = 20 << 20;
  std::int64_t segment_bytes = 8 << 20;
  FeatureRanges features = supported_features();
  std::vector<FirstUser> first_users = {};  // whose credentials a cluster that this broker begins has
};

class MetadataLog final : private StateMachine {
 public:
  static constexpr std::string_view log_name = "__cluster_metadata-0";
  static GroupId group() { return {{0, 1}, 0}; }

  MetadataLog(Host& host, LogManager& logs, ReplicaManager& replicas, const Peers& peers,
              const MetadataLogConfig& config);
  ~MetadataLog() override;

  // Opens the snapshot and the log. `controllers`: the brokers that decide about the metadata; if this one is not among
  // them it is an observer, which receives all changes but does not vote. Without controllers this broker is a cluster
  // by itself, and all that was committed is in the image when this returns. Errors: corrupt, io_error, no_space;
  // unsupported: the metadata is of another release, or features are finalised at higher levels than this broker
  // supports.
  Result<void> open(const std::vector<std::int32_t>& controllers, bool clean);
  // Follows the log from now on. Images are published before waiters for them continue: at once if this broker is a
  // cluster by itself, otherwise once publish_from() was called. `tell_controller` is called with the controller's id,
  // -1: none, whenever that changes; it must not wait.
  void start(std::function<void(const MetadataImagePtr&)> publish, std::function<void(std::int32_t)> tell_controller);
  void stop();

  // The image from before this start may be old: topics may have been deleted and created again since. So nothing is
  // published until it is known how far this broker has to catch up; after this call, each image that has everything
  // below `offset`, the newest first. To be called once.
  void publish_from(Offset offset);
  // Whether an image has been published.
  bool publishes() const { return published_ >= 0; }
  // Also while none is published.
  MetadataImagePtr image() const { return image_; }
  Replica& replica() { return *replica_; }
  const Replica& replica() const { return *replica_; }
  // The first voters, as far as this broker knows them.
  std::vector<ReplicaId> first_voters() const;
  // On the controller: the voters, or the target if they are being changed, ascending; and sets another target. See
  // Replica::set_target().
  std::vector<ReplicaId> voters() const;
  void set_voters(std::vector<ReplicaId> voters) {
    auto others = observers(voters);
    replica_->set_target(std::move(voters), std::move(others));
  }
  // The broker that makes changes now; nullopt: none.
  std::optional<std::int32_t> controller() const;
  // Whether this broker does: its image has everything that was ever committed, and while its lease holds no other
  // broker can commit anything. A controller that was paused must not answer from an old image.
  bool controls() const;
  // Waits until the log or the hard state can no longer be stored or read: this broker then learns of no change, and
  // makes none. Returns why.
  Error wait_out_of_order();
  // Waits until everything below `offset` is in a published image: every shard shows it.
  WaitResult wait_published(Offset offset, Deadline deadline);
  // The same for all changes that this broker knows to be made.
  WaitResult wait_all_published(Deadline deadline);

  // Makes changes, all or none; returns once they are in the image. One at a time: hold changing() from when the image
  // is read. Release it before waiting until the change is published, so that others can make changes meanwhile.
  // Errors: refused: this broker is not the controller of `epoch`, in which the image was read (-1: any); io_error: no
  // change is made; in_doubt: they may be made, now or later.
  Result<void> commit(const std::vector<MetadataRecord>& records, Epoch epoch = -1);
  // The epoch in which this broker is the controller; -1: it is not.
  Epoch controller_epoch() const { return controls() ? replica_->leader_epoch() : -1; }
  Mutex& changing() { return changing_; }
  // As MetadataSnapshot::part().
  FetchMetadataSnapshotResponse snapshot_part(const FetchMetadataSnapshotRequest& request);

 private:
  Result<std::shared_ptr<PartitionLog>> open_log(bool clean);
  Result<std::shared_ptr<PartitionLog>> begin_without_snapshot(std::shared_ptr<PartitionLog> log);
  void form(const std::vector<std::int32_t>& controllers);
  void begin_cluster();
  Result<void> commit_beginning();
  Result<void> catch_up();
  void follow();
  void publish_images();
  bool ride_out(const Error& error);
  bool has_taken_over() const { return replica_ && replica_->raft().established() && image_->offset >= leads_from_; }
  bool may_publish() const { return publish_from_ && image_->offset >= *publish_from_; }
  void keep_observers();
  std::vector<ReplicaId> observers(const std::vector<ReplicaId>& voters) const;
  void fetch_snapshots();
  Result<void> take_snapshot();
  Offset snapshot_offset() const override { return snapshot_.offset(); }
  bool may_start_over(Offset offset) override;

  Host& host_;
  LogManager& logs_;
  ReplicaManager& replicas_;
  const Peers& peers_;
  const MetadataLogConfig config_;
  std::vector<std::int32_t> controllers_;
  Logger log_;
  std::shared_ptr<Replica> replica_;
  MetadataImagePtr image_;
  MetadataSnapshot snapshot_;
  Offset snapshot_wanted_ = 0;      // a snapshot from there on is needed, as the leader's log begins there
  MetadataImagePtr from_snapshot_;  // fetched, but not the image yet
  std::int64_t bytes_since_snapshot_ = 0;
  std::optional<Offset> publish_from_;  // nullopt: not known yet
  Offset published_ = -1;               // -1: nothing
  Offset heard_of_ = 0;                 // the end of the changes that other brokers say were made
  std::optional<Error> failure_;        // why the log can't be followed any more
  Duration follow_retry_;
  Offset leads_from_ = 0;  // a new leader makes changes once everything before is in the image
  Epoch led_epoch_ = -1;
  std::function<void(const MetadataImagePtr&)> publish_;
  Condition progress_;  // the replica's, or of publishing
  Mutex changing_;
  ChangeListeners::Registration listening_;
  FiberGroup fibers_;
};

}  // namespace fulmar
