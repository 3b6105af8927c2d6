#include "broker/coordinator/coordinator_partition.h"

#include "broker/coordinator/machine_log.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration load_retry_interval = milliseconds(200);

// The error of a failed append, as in Kafka's partition writer.
ErrorCode error_of(const Error& why) {
  switch (why.code) {
    case Errc::too_large: return ErrorCode::record_list_too_large;
    case Errc::invalid_argument: return ErrorCode::invalid_record;
    case Errc::refused: return ErrorCode::not_leader_or_follower;
    default: return ErrorCode::kafka_storage_error;
  }
}

}  // namespace

CoordinatorPartition::CoordinatorPartition(Host& host, std::string name, std::shared_ptr<Replica> replica,
                                           MakeCore make_core, Watch watch)
    : host_(host),
      name_(std::move(name)),
      replica_(std::move(replica)),
      make_core_(std::move(make_core)),
      watch_(std::move(watch)),
      log_(host.log().named("coordinator")),
      alarm_([this] { changed_.notify_all(); }) {}

CoordinatorPartition::~CoordinatorPartition() {
  listening_.end();
  fibers_.cancel();
}

CoordinatorTime CoordinatorPartition::now() const {
  return {host_.clock().now(), host_.clock().wall_ms()};
}

void CoordinatorPartition::start() {
  listening_ = replica_->listeners().add([this] { changed_.notify_all(); });
  fibers_.spawn("coordinate", [this] { run(); });
}

void CoordinatorPartition::stop() {
  listening_.end();
  fibers_.cancel();
  fibers_.join();
  resign();
}

std::expected<CoordinatorCore*, ErrorCode> CoordinatorPartition::core() {
  if (!replica_->leads()) return std::unexpected(ErrorCode::not_coordinator);
  if (!loaded_ || !leads_in(epoch_)) {
    FULMAR_MARK("coordinator: asked before it was loaded");
    return std::unexpected(ErrorCode::coordinator_load_in_progress);
  }
  // Another leader may have been elected without this one's knowledge, and may have committed more.
  if (!replica_->speaks_for_the_group()) {
    FULMAR_MARK("coordinator: unsure whether it leads");
    return std::unexpected(ErrorCode::not_coordinator);
  }
  return core_.get();
}

void CoordinatorPartition::carry_out() {
  for (auto& next : core_->take_appends()) to_append_.emplace_back(std::move(next));
  alarm_.cancel();
  if (auto deadline = core_->next_deadline(); deadline != Instant::max()) alarm_.set(deadline);
  if (!to_append_.empty()) changed_.notify_all();
  if (watch_) watch_(epoch_, *core_);
}

std::expected<Replica::Proposed, ErrorCode> CoordinatorPartition::append_marker(const Bytes& batch,
                                                                                std::int16_t transaction_version) {
  if (auto ready = core(); !ready) return std::unexpected(ready.error());
  auto marker = std::make_shared<Marker>();
  marker->batch = batch;
  marker->transaction_version = transaction_version;
  to_append_.emplace_back(MarkerToAppend(marker));
  changed_.notify_all();
  marker->done.wait();
  return marker->appended;
}

void CoordinatorPartition::run() {
  for (;;) {
    changed_.wait([this] { return replica_->leads(); });
    epoch_ = replica_->leader_epoch();
    core_ = make_core_();
    if (load()) lead();
    resign();
  }
}

// An established leader knows everything that was committed. Returns false if the leadership ends first.
bool CoordinatorPartition::load() {
  auto begun = host_.clock().now();
  changed_.wait([this] { return !leads_in(epoch_) || replica_->raft().established(); });
  for (Offset next = 0; leads_in(epoch_);) {
    std::int64_t damaged = 0;
    auto replay = [&](const ReadRecord& record) {
      if (auto replayed = core_->replay(record); !replayed && damaged++ == 0) {
        FULMAR_MARK("coordinator: unreadable record passed over");
        log_.error("a record that can't be read is passed over",
                   {{"partition", name_}, {"offset", record.offset}, {"reason", to_string(replayed.error())}});
      }
      return Result<void>();
    };
    auto read =
        visit_committed(*replica_, std::max(next, replica_->log().log_start()), replay,
                        [&](ProducerId id, const EndMarker& marker) { core_->transaction_ended(id, marker.commit); });
    if (!read) {
      // Loading starts again from the beginning, with an empty core.
      FULMAR_MARK("coordinator: loading begins again");
      log_.warn("can't be loaded yet", {{"partition", name_}, {"reason", to_string(read.error())}});
      if (read.error().code == Errc::corrupt) replica_->report_damage(read.error(), next);
      host_.clock().sleep_for(load_retry_interval);
      core_ = make_core_();
      next = 0;
      continue;
    }
    next = read->next;
    if (next < replica_->high_watermark()) continue;
    while (!core_->finish_loading(now())) work_in_slices(slice_length);
    if (!leads_in(epoch_)) {
      FULMAR_MARK("coordinator: deposed while it loaded");
      return false;
    }
    FULMAR_MARK("coordinator: loaded");
    loaded_ = true;
    // A new cluster has dozens of empty partitions.
    log_.log(next > 0 ? LogLevel::info : LogLevel::debug, "loaded",
             {{"partition", name_},
              {"epoch", epoch_},
              {"offset", next},
              {"ms", std::chrono::duration_cast<milliseconds>(host_.clock().now() - begun).count()}});
    carry_out();
    return true;
  }
  return false;
}

void CoordinatorPartition::lead() {
  while (leads_in(epoch_)) {
    if (!to_append_.empty()) {
      auto next = std::move(to_append_.front());
      to_append_.pop_front();
      std::visit([this](const auto& one) { append(one); }, next);
    }
    tell_committed();
    if (core_->next_deadline() <= host_.clock().now()) {
      core_->tick(now());
      // More is due than one tick does.
      if (core_->next_deadline() <= host_.clock().now()) work_in_slices(slice_length);
    }
    carry_out();
    if (!to_append_.empty()) continue;
    changed_.wait([this] {
      return !leads_in(epoch_) || !to_append_.empty() || core_->next_deadline() <= host_.clock().now() ||
             (!uncommitted_.empty() && replica_->high_watermark() >= uncommitted_.front().end);
    });
  }
}

// If the leadership ends meanwhile, the next leader's log decides whether the records are committed.
void CoordinatorPartition::append(const CoordinatorCore::Append& next) {
  if (next.writer) {
    auto appended = append_to_transaction(*replica_, next.records, epoch_, *next.writer);
    if (appended)
      uncommitted_.push_back({next.id, appended->appended.last_offset + 1});
    else {
      FULMAR_MARK("coordinator: append to a transaction failed");
      core_->append_failed(next.id, appended.error(), now());
    }
    return;
  }
  auto appended = append_records(*replica_, next.records, epoch_);
  if (appended) {
    uncommitted_.push_back({next.id, appended->appended.last_offset + 1});
  } else {
    FULMAR_MARK("coordinator: append failed");
    log_.warn("records can't be appended", {{"partition", name_}, {"reason", to_string(appended.error())}});
    core_->append_failed(next.id, error_of(appended.error()), now());
  }
}

void CoordinatorPartition::append(const MarkerToAppend& next) {
  auto& marker = *next.marker;
  auto header = *read_batch_header(marker.batch.view());
  auto appended = replica_->append(header, marker.batch, epoch_,
                                   {.coordinator = true, .transaction_version = marker.transaction_version});
  if (!appended) {
    FULMAR_MARK("coordinator: marker not appended");
    marker.appended = std::unexpected(appended.error().code);
    return;
  }
  marker.appended = *appended;
  uncommitted_.push_back({EndedTransaction{header.producer_id, read_end_marker(marker.batch)->commit},
                          appended->appended.last_offset + 1});
}

// After the leadership has ended, the high watermark may cover another leader's records.
void CoordinatorPartition::tell_committed() {
  if (!leads_in(epoch_)) {
    FULMAR_MARK("coordinator: deposed with records that are not committed");
    return;
  }
  std::optional<CoordinatorCore::AppendId> through;
  auto tell = [&] {
    if (through) core_->committed(*std::exchange(through, std::nullopt), now());
  };
  while (!uncommitted_.empty() && uncommitted_.front().end <= replica_->high_watermark()) {
    auto next = uncommitted_.front().what;
    uncommitted_.pop_front();
    if (const auto* id = std::get_if<CoordinatorCore::AppendId>(&next)) {
      through = *id;
      continue;
    }
    tell();
    const auto& ended = std::get<EndedTransaction>(next);
    core_->transaction_ended(ended.producer_id, ended.commits);
  }
  tell();
}

void CoordinatorPartition::resign() {
  if (!core_) return;
  FULMAR_MARK("coordinator: resigned");
  core_->resign();
  core_->take_appends();  // only its answers are used
  core_ = nullptr;
  loaded_ = false;
  to_append_.clear();
  uncommitted_.clear();
  alarm_.cancel();
  log_.info("coordinates no more", {{"partition", name_}, {"epoch", epoch_}});
}

}  // namespace fulmar
