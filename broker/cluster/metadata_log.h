// MetadataLog: the cluster's metadata as a replicated state machine: records in a log of its own, one consensus group,
// and the image they make. On shard 0.
//
// A change is committed before anybody is told of it. From time to time the image is written down as a snapshot, and
// the log before it goes.
#pragma once

#include <functional>
#include <vector>

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
};

class MetadataLog final : private StateMachine {
 public:
  static constexpr std::string_view log_name = "__cluster_metadata-0";
  static GroupId group() { return {{0, 1}, 0}; }

  MetadataLog(Host& host, LogManager& logs, ReplicaManager& replicas, const Peers& peers,
              const MetadataLogConfig& config);
  ~MetadataLog() override;

  // Finds what there is. `controllers`: the brokers that decide about the metadata; if this one is not among them it
  // observes: it has all of it as they have, and no vote. Without any this broker is a cluster by itself, and the image
  // is what was committed when this returns. Errors: corrupt, io_error, no_space; unsupported: the metadata is of
  // another release, or the cluster uses features at higher levels than this broker supports.
  Result<void> open(const std::vector<std::int32_t>& controllers, bool clean);
  // From now on follows the log. Images are published, each before anybody who waits for it goes on: those of a broker
  // that is a cluster by itself at once, others once publish_from() was called.
  // `tell_controller` is told who makes changes now, -1: nobody, whenever that changes; it must not wait.
  void start(std::function<void(const MetadataImagePtr&)> publish, std::function<void(std::int32_t)> tell_controller);
  void stop();

  // The metadata that this broker had when it started may be old: topics may have been deleted and made again since.
  // Until it is known how far it has to catch up, nothing is published; from then on every image that has all below
  // `offset`, the newest first. Once.
  void publish_from(Offset offset);
  // Whether an image has been published.
  bool publishes() const { return published_ >= 0; }
  // Also while nothing is published yet.
  MetadataImagePtr image() const { return image_; }
  Replica& replica() { return *replica_; }
  const Replica& replica() const { return *replica_; }
  // The first voters, as far as this broker knows them.
  std::vector<ReplicaId> first_voters() const;
  // While this broker controls: the voters as they are to be, once what was begun is done, ascending; and others
  // instead. The group changes them as any other does, in its own time.
  std::vector<ReplicaId> voters() const;
  void set_voters(std::vector<ReplicaId> voters) {
    auto others = observers(voters);
    replica_->set_target(std::move(voters), std::move(others));
  }
  // Who makes the changes now; nullopt while nobody does.
  std::optional<std::int32_t> controller() const;
  // Whether this broker does: its image is all that was ever committed, and while its lease holds no other broker can
  // have committed more. A controller that was paused must not answer by what has changed meanwhile.
  bool controls() const;
  // Waits until the log, or what it promises, can be kept or read no more: this broker then knows of no change, nor
  // makes any. Returns why.
  Error wait_out_of_order();
  // Waits until everything below `offset` is in an image that is published: every shard shows it.
  WaitResult wait_published(Offset offset, Deadline deadline);
  // The same for all changes that this broker has heard of by now.
  WaitResult wait_all_published(Deadline deadline);

  // Makes changes, all or none; returns once they are in the image. One at a time: hold changing() from reading the
  // image on. That is published soon: wait for it without holding changing(), so that others can make changes
  // meanwhile. Errors: refused, where this broker is not the
  // controller of `epoch`, in which the image was read (-1: of none); io_error, and none is made; in_doubt: they may be
  // made, now or later.
  Result<void> commit(const std::vector<MetadataRecord>& records, Epoch epoch = -1);
  // While it controls: the epoch it does so in; else -1.
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
  Offset snapshot_wanted_ = 0;      // from there on, as the log of whoever leads begins there
  MetadataImagePtr from_snapshot_;  // fetched, and not the image yet
  std::int64_t bytes_since_snapshot_ = 0;
  std::optional<Offset> publish_from_;  // not known yet
  Offset published_ = -1;               // nothing
  Offset heard_of_ = 0;                 // the end of the changes that others say were made
  std::optional<Error> failure_;        // why the log can't be followed
  Duration follow_retry_;
  Offset leads_from_ = 0;  // all before has to be in the image before this broker makes changes as a new leader
  Epoch led_epoch_ = -1;
  std::function<void(const MetadataImagePtr&)> publish_;
  Condition progress_;  // of the replica, or of what is published
  Mutex changing_;
  ChangeListeners::Registration listening_;
  FiberGroup fibers_;
};

}  // namespace fulmar
