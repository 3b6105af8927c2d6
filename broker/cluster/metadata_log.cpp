#include "broker/cluster/metadata_log.h"

#include <algorithm>

#include "broker/cluster/metadata_codec.h"
#include "broker/coordinator/machine_log.h"
#include "broker/replication/greeting.h"
#include "runtime/base/mark.h"
#include "runtime/host/backoff.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr Duration snapshot_retry_interval = milliseconds(100);
constexpr Duration form_retry_min = milliseconds(100);
constexpr Duration form_retry_max = seconds(1);
constexpr Duration follow_retry_min = milliseconds(50);
constexpr Duration follow_retry_max = seconds(10);  // it gives up after a wait of that length: after 20 s in all
constexpr Duration commit_max = seconds(30);
constexpr Duration greeting_max = seconds(2);

LogConfig metadata_log_config(std::int64_t segment_bytes) {
  LogConfig config;
  config.retention_ms = -1;
  config.retention_bytes = -1;
  config.segment_bytes = segment_bytes;
  config.max_message_bytes = std::numeric_limits<std::int32_t>::max();
  return config;
}

}  // namespace

MetadataLog::MetadataLog(Host& host, LogManager& logs, ReplicaManager& replicas, const Peers& peers,
                         const MetadataLogConfig& config)
    : host_(host),
      logs_(logs),
      replicas_(replicas),
      peers_(peers),
      config_(config),
      log_(host.log().named("metadata")),
      image_(std::make_shared<const MetadataImage>()),
      snapshot_(host, peers),
      follow_retry_(follow_retry_min) {}

MetadataLog::~MetadataLog() {
  listening_.end();
  fibers_.cancel();
  changing_.await_unlocked();  // when a process dies, requests unwind at the same time
}

Result<void> MetadataLog::open(const std::vector<std::int32_t>& controllers, bool clean) {
  controllers_ = controllers;
  auto image = snapshot_.load();
  if (!image && image.error().code == Errc::unsupported)
    return fail(Errc::unsupported, std::string(MetadataSnapshot::file_name) + ": " + image.error().detail);
  if (!image && image.error().code != Errc::corrupt) return std::unexpected(image.error());
  if (!image) {
    FULMAR_MARK("metadata: damaged snapshot found at a start");
    log_.error("the metadata snapshot is damaged", {{"reason", image.error().detail}});
  }
  if (image && *image) image_ = std::move(*image);
  FULMAR_TRY_VOID(check_support_so_far(config_.features, image_->features));
  bool alone = controllers_.empty();
  FULMAR_TRY(auto log, open_log(clean));
  // A log that begins at 0 has all records, unless it is empty although a snapshot was taken of some.
  if (log->log_start() > image_->offset || (!image && log->log_end() == 0)) {
    FULMAR_TRY(log, begin_without_snapshot(std::move(log)));
  }
  auto state = alone ? alone_at_birth(peers_.self) : HardState{};
  // The only controller: if it has lost its promises, no other broker has any to respect.
  if (controllers_ == std::vector{peers_.self.broker} && !image_->others_decide(peers_.self.broker) &&
      replicas_.has_lost_promises(group()))
    state.configuration.configuration = {{peers_.self}, {}, {}};
  replica_ = replicas_.add(group(), std::move(log), std::move(state), config_.raft);
  replica_->drives(*this);
  if (!alone) return {};
  FULMAR_TRY_VOID(catch_up());
  if (image_->cluster_id.empty()) {
    LockGuard held(changing_);
    FULMAR_TRY_VOID(commit_beginning());
  }
  return {};
}

Result<std::shared_ptr<PartitionLog>> MetadataLog::open_log(bool clean) {
  return logs_.open(std::string(log_name), metadata_log_config(config_.segment_bytes), clean,
                    controllers_.empty() ? OnDamage::refuse : OnDamage::keep_good, replicas_.epoch_max(group()));
}

// The log begins after the image's end: the snapshot is damaged or lost. If there are other controllers, they send all
// of it again: this broker's log does not count until then, and is set aside.
Result<std::shared_ptr<PartitionLog>> MetadataLog::begin_without_snapshot(std::shared_ptr<PartitionLog> log) {
  bool decides_alone =
      controllers_.empty() || controllers_ == std::vector{peers_.self.broker} || replicas_.is_only_voter(group());
  if (decides_alone)
    return fail(Errc::corrupt,
                std::string(MetadataSnapshot::file_name) +
                    " in the data directory is missing or damaged, and no other broker has what it held: nothing was "
                    "removed; put it back from a copy");
  const std::string name(log_name);
  log->abandon();
  logs_.release(name);
  log = nullptr;
  // First: if the broker ends before the rest is done, the next start must not trust an empty log.
  FULMAR_MARK("metadata: log set aside, the snapshot is lost");
  FULMAR_TRY_VOID(replicas_.note_lost_log(group()));
  FULMAR_TRY(auto aside, logs_.set_aside(name));
  log_.error("the metadata snapshot is missing or damaged: the others give all metadata anew",
             {{"file", std::string(MetadataSnapshot::file_name)}, {"log_set_aside_as", aside}});
  return open_log(false);
}

std::vector<ReplicaId> MetadataLog::first_voters() const {
  if (!replica_) return {};
  const auto& known = replica_->raft().hard_state().configuration;
  return known.mark.version > 0 ? std::vector<ReplicaId>() : known.configuration.voters;
}

std::vector<ReplicaId> MetadataLog::voters() const {
  const auto& raft = replica_->raft();
  if (!raft.target().empty()) return raft.target();
  return raft.configuration().joint() ? raft.configuration().next_voters : raft.configuration().voters;
}

std::optional<std::int32_t> MetadataLog::controller() const {
  if (!replica_ || !replica_->raft().leader()) return std::nullopt;
  return replica_->raft().leader()->broker;
}

bool MetadataLog::controls() const {
  return has_taken_over() && replica_->speaks_for_the_group();
}

Error MetadataLog::wait_out_of_order() {
  progress_.wait([&] { return failure_ || replica_->out_of_order(); });
  if (failure_) return *failure_;
  return {Errc::io_error, "the metadata could not be kept"};
}

WaitResult MetadataLog::wait_published(Offset offset, Deadline deadline) {
  heard_of_ = std::max(heard_of_, offset);
  return progress_.wait([&] { return published_ >= offset; }, deadline);
}

WaitResult MetadataLog::wait_all_published(Deadline deadline) {
  return wait_published(std::max(image_->offset, heard_of_), deadline);
}

// The controllers of a new cluster agree on the first voters: themselves, each with its data directory. For that all
// have to run and to know no voters yet; otherwise one of them has agreed before, and says with whom.
void MetadataLog::form(const std::vector<std::int32_t>& controllers) {
  Backoff retry(host_, form_retry_min, form_retry_max);
  std::string told;
  while (replica_->raft().configuration().empty()) {
    std::vector<ReplicaId> first_voters{peers_.self};
    std::string missing;
    auto miss = [&](std::int32_t id, const std::string& why) {
      missing += (missing.empty() ? "" : "; ") + std::to_string(id) + ": " + why;
    };
    for (auto id : controllers) {
      if (id == peers_.self.broker) continue;
      auto address = peers_.address(id);
      if (!address) continue;
      auto greeted = greet(host_, peers_, *address, host_.clock().deadline_in(greeting_max));
      if (!greeted) {
        miss(id, to_string(greeted.error()));
        continue;
      }
      std::vector<ReplicaId> known;
      for (const auto& first_voter : greeted->answer.first_voters)
        known.push_back({first_voter.broker_id, first_voter.directory_id});
      if (std::find(known.begin(), known.end(), peers_.self) != known.end()) {
        FULMAR_MARK("metadata: another controller knows the first voters");
        first_voters = std::move(known);
        break;
      }
      if (!known.empty()) {
        FULMAR_MARK("metadata: controller is of a cluster already");
        miss(id, "is of a cluster already, which knows another data directory of this broker");
        continue;
      }
      if (greeted->answer.broker_id != id) {
        miss(id, to_string(*address) + " belongs to broker " + std::to_string(greeted->answer.broker_id));
        continue;
      }
      first_voters.push_back({id, greeted->answer.directory_id});
    }
    if (first_voters.size() == controllers.size()) {
      std::sort(first_voters.begin(), first_voters.end());
      FULMAR_MARK("metadata: cluster formed");
      replica_->bootstrap({first_voters, {}, {}});
      return;
    }
    if (missing != told) log_.info("waits for the other controllers of a new cluster", {{"missing", missing}});
    told = std::move(missing);
    retry.pause();
  }
}

// The registered brokers that are not voters.
std::vector<ReplicaId> MetadataLog::observers(const std::vector<ReplicaId>& voters) const {
  std::vector<ReplicaId> all;
  for (const auto& [id, broker] : image_->brokers) {
    bool votes = std::any_of(voters.begin(), voters.end(), [id = id](const ReplicaId& v) { return v.broker == id; });
    if (!votes) all.push_back({id, broker.directory});
  }
  return all;
}

// The leader makes every registered broker a member of the metadata group.
void MetadataLog::keep_observers() {
  const auto& raft = replica_->raft();
  for (;;) {
    progress_.wait([&] {
      // A replica that is out of order takes no target: this would loop for ever.
      return has_taken_over() && !replica_->out_of_order() && raft.target().empty() && !raft.configuration().joint() &&
             observers(raft.configuration().voters) != raft.configuration().learners;
    });
    auto voters = raft.configuration().voters;
    auto learners = observers(voters);
    replica_->set_target(std::move(voters), std::move(learners));
  }
}

// The first controller commits the new cluster's id, its feature levels and its first users.
Result<void> MetadataLog::commit_beginning() {
  std::vector<MetadataRecord> records{ClusterRecord{to_string(random_uuid(host_.entropy()))}};
  for (const auto& [name, level] : newest_levels(config_.features)) records.push_back(FeatureLevelRecord{name, level});
  if (level_of(newest_levels(config_.features), metadata_version) >= metadata_with_security)
    for (auto& record : credentials_of(config_.first_users, host_.entropy())) records.push_back(std::move(record));
  return commit(records, led_epoch_);
}

// Only once this leader has applied its whole log: otherwise a restarted one would commit the beginning again, and
// raise the feature levels to its own highest.
void MetadataLog::begin_cluster() {
  for (;;) {
    progress_.wait([&] { return has_taken_over() || !image_->cluster_id.empty(); });
    LockGuard held(changing_);
    if (!image_->cluster_id.empty()) return;
    if (!has_taken_over()) continue;
    auto begun = commit_beginning();
    if (!begun) {
      FULMAR_MARK("metadata: beginning of a cluster not committed");
      host_.clock().sleep_for(milliseconds(100));
    }
  }
}

void MetadataLog::start(std::function<void(const MetadataImagePtr&)> publish,
                        std::function<void(std::int32_t)> tell_controller) {
  publish_ = std::move(publish);
  if (controllers_.empty()) publish_from_ = published_ = image_->offset;
  auto changed = [this, tell_controller = std::move(tell_controller), told = -2, named = -1]() mutable {
    if (replica_->leads() && replica_->leader_epoch() != led_epoch_) {
      led_epoch_ = replica_->leader_epoch();
      leads_from_ = replica_->log().log_end();
    }
    if (auto now = controller().value_or(-1); now != told) tell_controller(told = now);
    // Each change of controller has a moment without one.
    if (told >= 0 && std::exchange(named, told) != told)
      log_.info("controller", {{"broker", told}, {"epoch", replica_->leader_epoch()}});
    progress_.notify_all();
  };
  changed();
  listening_ = replica_->listeners().add(std::move(changed));
  if (!controllers_.empty()) {
    bool decides = std::find(controllers_.begin(), controllers_.end(), peers_.self.broker) != controllers_.end();
    if (decides) fibers_.spawn("form cluster", [this] { form(controllers_); });
    fibers_.spawn("keep observers", [this] { keep_observers(); });
    fibers_.spawn("begin cluster", [this] { begin_cluster(); });
  }
  fibers_.spawn("follow metadata", [this] { follow(); });
  fibers_.spawn("publish metadata", [this] { publish_images(); });
  if (!controllers_.empty()) fibers_.spawn("fetch snapshots", [this] { fetch_snapshots(); });
}

void MetadataLog::publish_from(Offset offset) {
  if (!publish_from_) publish_from_ = offset;
  progress_.notify_all();
}

void MetadataLog::follow() {
  for (;;) {
    progress_.wait([&] { return from_snapshot_ || replica_->high_watermark() > image_->offset; });
    if (auto snapshot = std::exchange(from_snapshot_, nullptr); snapshot && snapshot->offset > image_->offset) {
      FULMAR_MARK("metadata: goes on from a fetched snapshot");
      image_ = std::move(snapshot);
    } else if (auto caught_up = catch_up(); caught_up) {
      follow_retry_ = follow_retry_min;
    } else {
      if (ride_out(caught_up.error())) continue;
      return;
    }
    progress_.notify_all();
  }
}

// In a fiber of its own, so that slow listeners delay neither changes nor the image that they are based on.
void MetadataLog::publish_images() {
  for (;;) {
    progress_.wait([&] { return may_publish() && published_ < image_->offset; });
    auto image = image_;
    publish_(image);
    published_ = image->offset;
    progress_.notify_all();
  }
}

// Waits and returns true if a retry may help: a disk may recover, and a snapshot may replace what can't be read.
// Otherwise returns false, and the broker ends, since it must not go on without the metadata's changes; it repairs its
// log from the others when it starts again.
bool MetadataLog::ride_out(const Error& error) {
  bool lasting = error.code == Errc::corrupt || error.code == Errc::unsupported || follow_retry_ > follow_retry_max;
  if (!lasting) {
    FULMAR_MARK("metadata: log can not be read yet");
    log_.warn("the metadata log can't be read yet", {{"reason", to_string(error)}});
    host_.clock().sleep_for(std::exchange(follow_retry_, 2 * follow_retry_));
    return true;
  }
  FULMAR_MARK("metadata: log can not be followed");
  log_.error("the metadata log can't be followed", {{"reason", to_string(error)}});
  failure_ = Error{error.code, "the metadata can't be read: " + error.detail};
  if (error.code == Errc::corrupt) replica_->report_damage(error, image_->offset);
  progress_.notify_all();
  return false;
}

// The log may start over only once the snapshot on stable storage reaches up to its new start, so that after a crash no
// records are missing between the two.
bool MetadataLog::may_start_over(Offset offset) {
  if (snapshot_.offset() >= offset && image_->offset >= offset) return true;
  snapshot_wanted_ = std::max(snapshot_wanted_, offset);
  progress_.notify_all();
  return false;
}

void MetadataLog::fetch_snapshots() {
  for (;;) {
    progress_.wait([&] { return snapshot_wanted_ > std::max(snapshot_.offset(), image_->offset); });
    auto leader = controller();
    auto address = leader && *leader != peers_.self.broker ? peers_.address(*leader) : std::nullopt;
    if (address) {
      auto fetched = snapshot_.fetch(*address);
      if (fetched)
        if (auto supported = check_support_so_far(config_.features, (*fetched)->features); !supported)
          fetched = std::unexpected(supported.error());
      if (fetched) {
        FULMAR_MARK("metadata: snapshot fetched");
        log_.info("snapshot fetched", {{"offset", (*fetched)->offset}, {"from", *leader}});
        from_snapshot_ = std::move(*fetched);
        progress_.notify_all();
        continue;
      }
      FULMAR_MARK("metadata: no snapshot fetched");
      log_.warn("no snapshot fetched", {{"from", *leader}, {"reason", to_string(fetched.error())}});
    }
    host_.clock().sleep_for(snapshot_retry_interval);
  }
}

void MetadataLog::stop() {
  listening_.end();  // `tell_controller` calls shards that end soon; the replica lives longer
  fibers_.cancel();
  fibers_.join();
}

// Applies the records that were committed since.
Result<void> MetadataLog::catch_up() {
  if (image_->offset >= replica_->high_watermark()) return {};
  MetadataImage next = *image_;
  bool others_decide = next.others_decide(peers_.self.broker);
  auto apply = [&](const ReadRecord& record) -> Result<void> {
    if (!record.value) return {};
    auto change = decode_metadata_record(record.value->view());
    // The log is undamaged: this release can't read the record.
    if (!change)
      return fail(Errc::unsupported,
                  "the metadata log at offset " + std::to_string(record.offset) + ": " + change.error().detail);
    apply_record(*change, next);
    if (std::holds_alternative<FeatureLevelRecord>(*change))
      return check_support_so_far(config_.features, next.features);
    return {};
  };
  FULMAR_TRY(auto read, visit_committed(*replica_, next.offset, apply));
  next.offset = read.next;
  bytes_since_snapshot_ += read.bytes;
  image_ = std::make_shared<const MetadataImage>(std::move(next));
  // If this broker loses its promises, its snapshot has to say that there are other controllers.
  bool must_remember = !others_decide && image_->others_decide(peers_.self.broker);
  if (must_remember || bytes_since_snapshot_ >= config_.bytes_between_snapshots) {
    auto taken = take_snapshot();
    if (!taken) log_.warn("no snapshot", {{"reason", to_string(taken.error())}});
  }
  return {};
}

Result<void> MetadataLog::commit(const std::vector<MetadataRecord>& records, Epoch epoch) {
  std::vector<Record> list;
  auto wall_ms = host_.clock().wall_ms();
  for (const auto& record : records) {
    FULMAR_TRY_VOID(check_strings(record));
    list.push_back({std::nullopt, encode(record), wall_ms, {}});
  }
  FULMAR_TRY(auto proposed, append_records(*replica_, list, epoch >= 0 ? std::optional(epoch) : std::nullopt));
  auto safe = replica_->wait_until(Safety::committed, proposed, host_.clock().deadline_in(commit_max));
  if (safe != ErrorCode::none) {
    FULMAR_MARK("metadata: change in doubt");
    return fail(Errc::in_doubt, error_code_name(safe));
  }
  if (!publish_) return catch_up();
  auto end = proposed.appended.last_offset + 1;
  auto waited = progress_.wait([&] { return image_->offset >= end; }, host_.clock().deadline_in(commit_max));
  if (waited != WaitResult::woken) return fail(Errc::in_doubt, "the change is made, but can't be read here yet");
  return {};
}

// A damaged snapshot is written again; the broker that asked for it retries.
FetchMetadataSnapshotResponse MetadataLog::snapshot_part(const FetchMetadataSnapshotRequest& request) {
  auto part = snapshot_.part(request);
  if (part) return *part;
  FULMAR_MARK("metadata: damaged snapshot found by another broker");
  log_.error("the metadata snapshot is damaged, and is written anew", {{"reason", to_string(part.error())}});
  if (auto taken = take_snapshot(); !taken) log_.warn("no snapshot", {{"reason", to_string(taken.error())}});
  FetchMetadataSnapshotResponse response;
  response.error_code = ErrorCode::snapshot_not_found;
  return response;
}

Result<void> MetadataLog::take_snapshot() {
  auto image = image_;
  FULMAR_MARK("metadata: snapshot taken");
  FULMAR_TRY_VOID(snapshot_.store(*image));
  bytes_since_snapshot_ = 0;
  log_.debug("snapshot", {{"offset", image->offset}});
  return replica_->advance_start(std::min(image->offset, replica_->log().kept_end()));
}

}  // namespace fulmar
