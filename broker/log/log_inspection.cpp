#include "broker/log/log_inspection.h"

#include <algorithm>
#include <limits>
#include <map>

#include "broker/log/aborted_index.h"
#include "broker/log/checked_file.h"
#include "broker/log/checkpoint.h"
#include "broker/log/producer_state.h"
#include "broker/protocol/record_validation.h"

namespace fulmar {

namespace {

constexpr std::size_t small_file_bytes_max = std::size_t{16} << 20;
constexpr std::size_t index_bytes_max = std::size_t{1} << 30;
constexpr std::int32_t index_interval_bytes = 4096;

class Inspection {
 public:
  Inspection(Disk& disk, std::string directory, const VisitBatch& visit)
      : disk_(disk), directory_(std::move(directory)), visit_(visit) {}

  Result<LogFindings> run() {
    FULMAR_TRY(auto entries, disk_.list(directory_));
    FULMAR_TRY_VOID(read_checkpoint(entries));
    FULMAR_TRY_VOID(open_segments(entries));
    for (std::size_t i = 0; i < found_.segments.size(); ++i) FULMAR_TRY_VOID(check_batches(i));
    if (!found_.segments.empty()) {
      auto& last = *found_.segments.back();
      if (last.next_offset() < found_.synced) last.note_damage_up_to(found_.synced);
      found_.log_end = last.next_offset();
    }
    found_.log_start =
        std::max(found_.log_start, found_.segments.empty() ? Offset{0} : found_.segments.front()->base_offset());
    for (const auto& segment : found_.segments)
      for (const auto& stretch : segment->damage())
        found_.faults.push_back({segment->path(".log"),
                                 "offsets " + std::to_string(stretch.from) + " to " + std::to_string(stretch.to - 1) +
                                     " are damaged, at positions " + std::to_string(stretch.position) + " to " +
                                     std::to_string(stretch.end),
                                 stretch});
    FULMAR_TRY_VOID(read_epochs());
    for (const auto& segment : found_.segments) FULMAR_TRY_VOID(check_records(*segment));
    return std::move(found_);
  }

 private:
  void fault(const std::string& file, std::string what) {
    found_.faults.push_back({directory_ + "/" + file, std::move(what), std::nullopt});
  }

  Result<void> read_checkpoint(const std::vector<DirectoryEntry>& entries) {
    bool any = std::any_of(entries.begin(), entries.end(),
                           [](const auto& entry) { return parse_segment_file_name(entry.name, ".log").has_value(); });
    auto text = read_file(disk_, directory_ + "/" + std::string(checkpoint_name), small_file_bytes_max);
    if (!text && text.error().code != Errc::not_found) return std::unexpected(text.error());
    auto checkpoint = text ? Checkpoint::decode(text->view()) : std::nullopt;
    if (checkpoint) {
      known_ = *checkpoint;
      found_.log_start = checkpoint->log_start;
      found_.synced = checkpoint->recovery_point;
      found_.holes_below = checkpoint->holes_below;
    } else if (any) {
      fault(std::string(checkpoint_name), text ? "is damaged" : "is missing");
    }
    bool named = std::any_of(entries.begin(), entries.end(),
                             [](const auto& entry) { return entry.name == "partition.metadata"; });
    if (any && !named && !directory_.starts_with("__cluster_metadata"))
      fault("partition.metadata", "is missing: whose records these are is not known");
    return {};
  }

  Result<void> open_segments(const std::vector<DirectoryEntry>& entries) {
    for (const auto& entry : entries) {
      auto base = parse_segment_file_name(entry.name, ".log");
      if (!base) continue;
      auto segment = std::make_shared<Segment>(disk_, directory_, *base);
      FULMAR_TRY_VOID(segment->open(false, {}));
      found_.bytes += segment->file_size();
      if (segment->mark()) {
        found_.synced = std::max(found_.synced, segment->mark()->synced_end);
        found_.holes_below = std::max(found_.holes_below, segment->mark()->holes_below);
      }
      found_.segments.push_back(std::move(segment));
    }
    for (auto& segment : found_.segments) segment->allow_holes_below(found_.holes_below);
    // Segments that end below the log start were deleted; a power loss may have brought the files back.
    while (found_.segments.size() > 1 && found_.segments[1]->base_offset() <= known_.log_start)
      found_.segments.erase(found_.segments.begin());
    if (!found_.segments.empty() && found_.segments.front()->base_offset() > found_.log_start &&
        found_.log_start < found_.synced)
      found_.faults.push_back({directory_,
                               "the segments from offset " + std::to_string(found_.log_start) + " to " +
                                   std::to_string(found_.segments.front()->base_offset() - 1) + " are missing",
                               std::nullopt});
    return {};
  }

  // Checks all batches of a segment, and finds those that are missing.
  Result<void> check_batches(std::size_t i) {
    auto& segment = *found_.segments[i];
    bool last = i + 1 == found_.segments.size();
    auto next_base = last ? std::numeric_limits<Offset>::max() : found_.segments[i + 1]->base_offset();
    FULMAR_TRY(auto good, segment.rebuild(true, index_interval_bytes, nullptr));
    while (good < segment.file_size()) {
      FULMAR_TRY(auto passed, segment.pass_damage(next_base, index_interval_bytes, nullptr));
      if (!passed) break;
      good = *passed;
    }
    if (segment.next_offset() > next_base)
      return fail(Errc::corrupt, segment.path(".log") + ": overlaps the segment after it");
    auto rest = segment.file_size() - good;
    auto lost_up_to = last ? found_.synced : next_base;
    if (segment.next_offset() < lost_up_to)
      segment.note_damage_up_to(lost_up_to);
    else if (rest > 0)
      found_.notes.push_back(segment.path(".log") + ": the rest of a torn write, " + std::to_string(rest) +
                             " bytes at position " + std::to_string(good) + ", which a start cuts away");
    return {};
  }

  Result<void> read_epochs() {
    FULMAR_TRY(auto identity, read_whole("partition.metadata"));
    if (identity && identity->integrity == Integrity::damaged) fault("partition.metadata", "is damaged");
    FULMAR_TRY(auto file, read_whole("leader-epoch-checkpoint"));
    bool right = file && file->integrity != Integrity::damaged && found_.epochs.decode(file->content.view());
    if (right) return {};
    if (found_.log_end > 0) fault("leader-epoch-checkpoint", file ? "is damaged" : "is missing");
    found_.epochs = {};
    return {};
  }

  // nullopt if there is no such file.
  Result<std::optional<CheckedFile>> read_whole(const std::string& name) {
    auto file = read_checked_file(disk_, directory_ + "/" + name, index_bytes_max);
    if (file) return std::move(*file);
    if (file.error().code == Errc::not_found) return std::nullopt;
    return std::unexpected(file.error());
  }

  Result<void> check_records(Segment& segment) {
    std::map<std::int64_t, Offset> last_offsets;  // by position
    Result<void> failed;
    FULMAR_TRY_VOID(begin_producers(segment));
    aborted_.clear();
    FULMAR_TRY_VOID(segment.scan(segment.base_offset(), [&](const BatchHeader& header, std::uint64_t position) {
      failed = check_batch(segment, header, position);
      last_offsets.emplace(static_cast<std::int64_t>(position), header.last_offset());
      return failed.has_value();
    }));
    FULMAR_TRY_VOID(failed);
    // A start uses the indexes only of segments that end below the recovery point.
    if (segment.next_offset() < known_.recovery_point && segment.damage().empty())
      FULMAR_TRY_VOID(check_beside(segment, last_offsets));
    return {};
  }

  Result<void> check_batch(Segment& segment, const BatchHeader& header, std::uint64_t position) {
    ++found_.batches;
    found_.records += header.record_count;
    FULMAR_TRY(Bytes batch, segment.read_batch(header, position));
    auto where = "batch " + std::to_string(header.base_offset) + " at position " + std::to_string(position);
    auto told = header.base_offset < found_.synced ? found_.epochs.epoch_of(header.base_offset) : std::nullopt;
    if (told && *told != header.leader_epoch)
      fault(segment_file_name(segment.base_offset(), ".log"),
            where + " is of epoch " + std::to_string(header.leader_epoch) + ", not of " + std::to_string(*told));
    auto records = read_records(batch, decompressed_batch_bytes_max);
    if (!records) {
      fault(segment_file_name(segment.base_offset(), ".log"),
            where + ": its records can't be read: " + records.error().detail);
      return {};
    }
    auto marker = header.control() && records->size() == 1 ? read_end_marker(records->front()) : std::nullopt;
    if (marker && found_.markers_from < 0) found_.markers_from = header.base_offset;
    auto ended = producers_.update(header, marker, {});
    if (ended && !ended->committed) aborted_.push_back(*ended);
    return visit_ ? visit_(segment, header, position, *records) : Result<void>();
  }

  // A transaction may have begun before the first segment.
  Result<void> begin_producers(const Segment& segment) {
    if (segment.base_offset() != found_.segments.front()->base_offset()) return {};
    auto snapshot = read_file(disk_, segment.path(".snapshot"), small_file_bytes_max);
    if (!snapshot && snapshot.error().code != Errc::not_found) return std::unexpected(snapshot.error());
    if (snapshot) producers_.decode(*snapshot, {});
    return {};
  }

  Result<void> check_aborted(const Segment& segment) {
    if (known_.markers_from < 0 || segment.next_offset() <= known_.markers_from) return {};
    auto name = segment_file_name(segment.base_offset(), ".txnindex");
    FULMAR_TRY(auto file, read_whole(name));
    AbortedIndex index;
    bool right = file && file->integrity != Integrity::damaged &&
                 index.decode(file->content.view(), segment.base_offset(), segment.next_offset()) &&
                 std::ranges::equal(index.entries(), aborted_, [](const auto& entry, const EndedTransaction& ended) {
                   // Compaction may have removed a transaction's first records.
                   return entry.producer_id == ended.producer_id && entry.last_offset == ended.last_offset &&
                          entry.first_offset <= ended.first_offset;
                 });
    if (!right) fault(name, file ? "does not fit the segment" : "is missing");
    return {};
  }

  Result<void> check_beside(Segment& segment, const std::map<std::int64_t, Offset>& last_offsets) {
    auto name = [&](std::string_view suffix) { return segment_file_name(segment.base_offset(), suffix); };
    OffsetIndex offsets;
    FULMAR_TRY(auto index, read_whole(name(".index")));
    bool right = index && index->integrity != Integrity::damaged &&
                 offsets.decode(index->content.view(), static_cast<std::int64_t>(segment.file_size()));
    for (const auto& entry : offsets.entries()) {
      auto batch = last_offsets.find(entry.position);
      right = right && batch != last_offsets.end() && batch->second == segment.base_offset() + entry.relative_offset;
    }
    if (!right) fault(name(".index"), index ? "does not fit the segment" : "is missing");
    TimeIndex times;
    FULMAR_TRY(auto time_index, read_whole(name(".timeindex")));
    if (!time_index || time_index->integrity == Integrity::damaged || !times.decode(time_index->content.view()))
      fault(name(".timeindex"), time_index ? "is damaged" : "is missing");
    FULMAR_TRY_VOID(check_aborted(segment));
    ProducerState producers;
    auto snapshot = read_file(disk_, segment.path(".snapshot"), small_file_bytes_max);
    if (!snapshot && snapshot.error().code != Errc::not_found) return std::unexpected(snapshot.error());
    if (snapshot && !producers.decode(*snapshot, {})) fault(name(".snapshot"), "is damaged");
    return {};
  }

  Disk& disk_;
  std::string directory_;
  const VisitBatch& visit_;
  LogFindings found_;
  Checkpoint known_;
  ProducerState producers_;                // after the batches that are checked already
  std::vector<EndedTransaction> aborted_;  // by markers in the segment that is being checked
};

}  // namespace

Result<LogFindings> inspect_log(Disk& disk, const std::string& directory, const VisitBatch& visit) {
  return Inspection(disk, directory, visit).run();
}

}  // namespace fulmar
