// Segment: one file of a partition's log, `<base offset>.log`, with its indexes. It contains whole record batches.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/log/aborted_index.h"
#include "broker/log/log_config.h"
#include "broker/log/offset_index.h"
#include "broker/log/synced_mark.h"
#include "broker/protocol/record_batch.h"
#include "runtime/host/disk.h"

namespace fulmar {

// "00000000000000000042.log"
std::string segment_file_name(Offset base_offset, std::string_view suffix);
// The base offset in the name of a file with that suffix; nullopt if it is no such name.
std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix);

// A damaged part of a segment, between good batches.
struct DamagedStretch {
  Offset from = 0, to = 0;              // the offsets of the lost records: [from, to)
  std::uint64_t position = 0, end = 0;  // in the file: [position, end); empty if the file does not have them
  bool operator==(const DamagedStretch&) const = default;
};

class Segment {
 public:
  // Whether a batch can be part of this log, by the fields that its CRC does not cover.
  using Accept = std::function<bool(const BatchHeader&)>;

  Segment(Disk& disk, std::string directory, Offset base_offset);

  // Opens the file: a new one (`create`), or one that must exist, whose content is not known until rebuild() or
  // load_indexes(). `suffix`: of the file's current name, if it is to be renamed.
  Result<void> open(bool create, Instant now, std::string_view suffix = ".log");

  Offset base_offset() const { return base_offset_; }
  Offset next_offset() const { return next_offset_; }  // after its last record
  Epoch last_epoch() const { return last_epoch_; }     // of its last batch; -1: it is empty
  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Timestamp max_timestamp() const { return max_timestamp_; }             // -1: no record has one
  Offset max_timestamp_offset() const { return max_timestamp_offset_; }  // of the last record of the batch that has it
  Timestamp first_timestamp() const { return first_timestamp_; }  // the maximum of its first batch; -1: it has none
  Instant opened() const { return opened_; }
  std::optional<Instant> last_append() const { return last_append_; }  // since it was opened
  Result<Timestamp> modified_ms() const { return file_->modified_ms(); }
  Result<void> set_modified_ms(Timestamp ms) { return file_->set_modified_ms(ms); }
  bool offset_fits(Offset last_offset) const;
  // There may be holes below this offset: batches that begin later than the batch before ends.
  void allow_holes_below(Offset offset) { holes_below_ = offset; }
  const OffsetIndex& offset_index() const { return offsets_; }
  const TimeIndex& time_index() const { return times_; }
  // The transactions that markers in this segment have aborted. Unless aborted_known(), some may be missing, until
  // whoever reads the batches has added them. Whoever appends a marker adds its transaction.
  const AbortedIndex& aborted() const { return aborted_; }
  bool aborted_known() const { return aborted_known_; }
  void add_aborted(const AbortedTransaction& aborted) { aborted_.add(aborted); }
  void aborted_are_known() { aborted_known_ = true; }
  // The log has markers from this offset on: if the segment ends above it, it has a .txnindex file. -1: there are none.
  void expect_markers_from(Offset offset) { markers_from_ = offset; }
  bool in_log_with_markers() const { return markers_from_ >= 0; }
  bool may_have_markers() const { return markers_from_ >= 0 && next_offset_ > markers_from_; }

  // Writes a batch at the end; `batch` begins with `header`. After an error the segment is unchanged, but the file may
  // contain a part of the batch after size(), which cut_rubbish() removes.
  Result<void> append(const BatchHeader& header, const ByteChain& batch, std::int32_t index_interval_bytes,
                      Instant now);
  Result<void> cut_rubbish() {
    needs_sync = true;
    return file_->truncate(size_);
  }

  // For a segment that has become empty: for those no indexes are written, so old ones would remain.
  Result<void> remove_indexes();

  // Whole batches, from the one that contains `from`, which end at or below `up_to`; at most `max_bytes`, except for
  // the first one if `at_least_one`. Empty if `from` is at or beyond the end. Stops before known damage. Errors:
  // io_error; corrupt, also if `from` is in known damage.
  Result<Bytes> read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one);
  // Calls `visit` with the header and position of each batch, beginning near `from`, until it returns false. Skips
  // known damage. Errors: io_error, corrupt.
  Result<void> scan(Offset from, const std::function<bool(const BatchHeader&, std::uint64_t position)>& visit);
  // One whole batch. Errors: io_error; corrupt if its CRC is wrong.
  Result<Bytes> read_batch(const BatchHeader& header, std::uint64_t position);

  // Reads all batches from the start, checks their CRCs if `verify_crc`, and rebuilds the indexes. Stops at the first
  // batch that is not valid, or does not begin where the one before it ends (or after an allowed hole), or for which
  // `accept` (if any) returns false. Returns its position, or the file's size if there is none.
  Result<std::uint64_t> rebuild(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept);
  // After rebuild() has stopped: finds the next valid batch with offsets below `offset_max`, notes the part before it
  // as damage, and continues from there like rebuild(). If there is none, returns nullopt and changes nothing.
  Result<std::optional<std::uint64_t>> pass_damage(Offset offset_max, std::int32_t index_interval_bytes,
                                                   const Accept& accept);
  // The header at which rebuild() has stopped; nullopt if there is none.
  Result<std::optional<BatchHeader>> damaged_header();
  // The rest of the file, from where rebuild() has stopped, is damage, and had the records up to `to`.
  void note_damage_up_to(Offset to);
  // Finds the first damage at or after the batch of `from`, notes it if it was not known, and returns it; nullopt if
  // all batches up to the segment's end are good.
  Result<std::optional<DamagedStretch>> find_damage(Offset from);
  // The known damage, ascending. Its records can't be read; their offsets are not used for others.
  const std::vector<DamagedStretch>& damage() const { return damage_; }
  // Takes size, end and indexes from the index files, without reading all batches. If a file is missing, damaged or
  // does not fit, returns its path, and rebuild() has to be called; else returns an empty string.
  Result<std::string> load_indexes(std::int32_t index_interval_bytes);
  // To be called after load_indexes(): loads the aborted transactions. False if the .txnindex file is missing, damaged
  // or does not fit: then they are not known.
  bool load_aborted();
  // Cuts the file at a batch boundary: `position`, where a batch of base offset `next` would come.
  Result<void> truncate(std::uint64_t position, Offset next, std::int32_t index_interval_bytes);
  // Writes the data from the batch of `offset` on again. After a failed sync the page cache may contain data that is
  // not on the disk, but that later syncs take for clean; only writing it again makes it dirty. The file's modification
  // time stays, since it is the age of records without timestamps.
  Result<void> rewrite_from(Offset offset);
  Result<void> sync() { return file_->sync(); }
  // The mark in the file's attribute, if there is one. The next sync makes a new mark stable. Errors: as
  // File::set_attribute().
  const std::optional<SyncedMark>& mark() const { return mark_; }
  Result<void> set_mark(const SyncedMark& mark);
  std::uint64_t file_size() const { return file_->size(); }
  std::string path(std::string_view suffix) const { return directory_ + "/" + segment_file_name(base_offset_, suffix); }

  // It has changed since the last sync began; cleared by the log's flush.
  bool needs_sync = false;
  // The index files are current and on stable storage; set by SideFiles.
  bool index_files_current = false;
  // It was logged already that this segment has timestamps in the future.
  bool future_is_told = false;

 private:
  static constexpr std::size_t scan_bytes = 64 * 1024;
  void account(const BatchHeader& header, std::uint64_t position, std::int32_t index_interval_bytes);
  Result<std::uint64_t> rebuild_on(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept);
  // The next valid batch that begins after `position` and ends at or before `end`, with offsets in
  // [offset_min, offset_max).
  Result<std::optional<std::pair<BatchHeader, std::uint64_t>>> next_good(std::uint64_t position, std::uint64_t end,
                                                                         Offset offset_min, Offset offset_max,
                                                                         const Accept& accept);
  Result<bool> good_at(std::uint64_t position, std::uint64_t end, BatchHeader& header);
  Result<bool> follows(const BatchHeader& header, Offset expected, std::uint64_t position, std::uint64_t end);
  const DamagedStretch* damage_at(std::uint64_t position) const;
  std::uint64_t good_until(std::uint64_t position) const;
  void forget();

  Disk& disk_;
  std::string directory_;
  Offset base_offset_;
  Offset holes_below_ = 0;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;
  Offset next_offset_;
  Timestamp max_timestamp_ = -1;
  Offset max_timestamp_offset_ = -1;
  Epoch last_epoch_ = -1;
  Timestamp first_timestamp_ = -1;
  Instant opened_;
  std::optional<Instant> last_append_;
  std::optional<SyncedMark> mark_;
  std::int64_t bytes_since_index_entry_ = 0;
  OffsetIndex offsets_;
  TimeIndex times_;
  AbortedIndex aborted_;
  bool aborted_known_ = true;
  Offset markers_from_ = -1;
  std::vector<DamagedStretch> damage_;
};

}  // namespace fulmar
