#include "broker/log/side_files.h"

#include <algorithm>
#include <limits>

#include "broker/log/checked_file.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/at_once.h"

namespace fulmar {

namespace {

constexpr std::size_t segments_at_once_max = 16;
constexpr std::size_t files_at_once_max = 16;

struct SideFile {
  std::string path;
  Bytes content;
};

}  // namespace

SideFiles::SideFiles(Host& host, std::string directory)
    : host_(host), directory_(std::move(directory)), log_(host.log().named("log")) {}

void SideFiles::write(std::shared_ptr<Segment> segment, std::optional<Bytes> producers) {
  waiting_.push_back({std::move(segment), std::move(producers)});
  begin();
}

void SideFiles::begin() {
  if (stopped_ || std::exchange(writing_, true)) return;
  fibers_.spawn("side files", [this] {
    Result<void> written;
    while (written && !waiting_.empty()) written = settle();
    writing_ = false;
    if (!written && !stopped_) {
      FULMAR_MARK("log: indexes not written yet");
      log_.warn("indexes not written yet", {{"partition", directory_}, {"reason", to_string(written.error())}});
    }
  });
}

Result<void> SideFiles::settle() {
  if (waiting_.empty()) return {};
  auto end = waiting_.back().segment->next_offset();
  while (!waiting_.empty() && waiting_.front().segment->next_offset() <= end) {
    FULMAR_TRY_VOID(write_some());
  }
  return {};
}

// Writes the files of the next segments, with one sync of the directory for all names.
Result<void> SideFiles::write_some() {
  LockGuard turn(turn_);
  if (stopped_) return fail(Errc::io_error, "the log is offline");
  auto count = std::min(waiting_.size(), segments_at_once_max);
  std::vector<SideFile> files;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [segment, producers] = waiting_[i];
    if (!segment->index_files_current) {
      files.push_back({segment->path(".index"), segment->offset_index().encode()});
      files.push_back({segment->path(".timeindex"), segment->time_index().encode()});
      if (segment->may_have_markers()) files.push_back({segment->path(".txnindex"), segment->aborted().encode()});
    }
    if (producers)
      files.push_back({directory_ + "/" + segment_file_name(segment->next_offset(), ".snapshot"), *producers});
  }
  auto& disk = host_.disk();
  if (!files.empty()) {
    FULMAR_TRY_VOID(at_once(files, files_at_once_max, [&disk](const SideFile& file) {
      return replace_checked_file_unsynced(disk, file.path, file.content);
    }));
    FULMAR_TRY_VOID(disk.sync_directory(directory_));
  }
  for (std::size_t i = 0; i < count; ++i) {
    waiting_.front().segment->index_files_current = true;
    waiting_.pop_front();
  }
  return {};
}

void SideFiles::forget_from(Offset offset) {
  LockGuard turn(turn_);
  while (!waiting_.empty() && waiting_.back().segment->next_offset() >= offset) waiting_.pop_back();
}

void SideFiles::forget_until(Offset offset) {
  LockGuard turn(turn_);
  while (!waiting_.empty() && waiting_.front().segment->next_offset() <= offset) waiting_.pop_front();
}

void SideFiles::forget_run(Offset from, Offset to) {
  LockGuard turn(turn_);
  std::erase_if(waiting_, [&](const Beside& beside) {
    return beside.segment->base_offset() >= from && beside.segment->base_offset() < to;
  });
}

void SideFiles::write_again(std::shared_ptr<Segment> segment) {
  LockGuard turn(turn_);
  auto after = std::find_if(waiting_.begin(), waiting_.end(), [&](const Beside& beside) {
    return beside.segment->base_offset() > segment->base_offset();
  });
  waiting_.insert(after, {std::move(segment), std::nullopt});
  begin();
}

Offset SideFiles::current_up_to() const {
  return waiting_.empty() ? std::numeric_limits<Offset>::max() : waiting_.front().segment->next_offset();
}

}  // namespace fulmar
