// Segment: one file of a partition's log, `<base offset>.log`, with its indexes. Whole record batches, as they came.
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
// The base offset of a file of that suffix; nullopt if the name is none.
std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix);

// A stretch of a segment that does not hold what was written, between batches that do.
struct DamagedStretch {
  Offset from = 0, to = 0;              // of the records that were there: [from, to)
  std::uint64_t position = 0, end = 0;  // in the file: [position, end); empty where the file lacks them
  bool operator==(const DamagedStretch&) const = default;
};

class Segment {
 public:
  // Whether a batch can be one of this log, for what its CRC does not cover.
  using Accept = std::function<bool(const BatchHeader&)>;

  Segment(Disk& disk, std::string directory, Offset base_offset);

  // Opens the file: a new one (`create`), or one that must be there. Nothing is known of its content yet.
  // Under another name than its own, with this suffix, until the file is renamed.
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
  // Below that offset batches may be missing between two others: there one may begin later than the one before ended.
  void allow_holes_below(Offset offset) { holes_below_ = offset; }
  const OffsetIndex& offset_index() const { return offsets_; }
  const TimeIndex& time_index() const { return times_; }
  // The transactions whose markers are in it; all of them once they are known. Who appends the marker, or reads it from
  // the batches where they are not, adds it.
  const AbortedIndex& aborted() const { return aborted_; }
  bool aborted_known() const { return aborted_known_; }
  void add_aborted(const AbortedTransaction& aborted) { aborted_.add(aborted); }
  void aborted_are_known() { aborted_known_ = true; }
  // From that offset on the log has markers: where the segment ends above, it has a file of them. -1: there are none.
  void expect_markers_from(Offset offset) { markers_from_ = offset; }
  bool in_log_with_markers() const { return markers_from_ >= 0; }
  bool may_have_markers() const { return markers_from_ >= 0 && next_offset_ > markers_from_; }

  // Writes a batch (its stamped header first) at the end. On an error nothing is counted; the file may have rubbish
  // after size(), which cut_rubbish() takes away.
  Result<void> append(const BatchHeader& header, const ByteChain& batch, std::int32_t index_interval_bytes,
                      Instant now);
  Result<void> cut_rubbish() {
    needs_sync = true;
    return file_->truncate(size_);
  }

  // Of a segment that is empty none are written, and so what was written before would stay.
  Result<void> remove_indexes();

  // Whole batches from the one that holds `from` on, below `up_to`, of at most `max_bytes` but for the first, which
  // comes whole whatever its size if `at_least_one`. Empty when `from` is beyond the end. Ends before damage that is
  // known of; corrupt where `from` lies in it.
  Result<Bytes> read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one);
  // Calls `visit` with each batch's header and position, beginning near `from`, until it says false. Damage that is
  // known of is passed over.
  Result<void> scan(Offset from, const std::function<bool(const BatchHeader&, std::uint64_t position)>& visit);
  // One whole batch, with its CRC checked.
  Result<Bytes> read_batch(const BatchHeader& header, std::uint64_t position);

  // Reads all batches from the start and makes the indexes anew, checking each batch as `verify_crc` asks. Stops at the
  // first that is not whole and right, does not begin where the one before it ended (or after a hole, where there may
  // be one), or that `accept` (if any) says false to. Returns the position of that (the file's size if all are well).
  Result<std::uint64_t> rebuild(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept);
  // After rebuild() has stopped: looks for the next batch that is whole and right, of offsets below `offset_max`, notes
  // what lies before as damage, and goes on from there as rebuild() does. nullopt, and nothing is changed, if there is
  // none.
  Result<std::optional<std::uint64_t>> pass_damage(Offset offset_max, std::int32_t index_interval_bytes,
                                                   const Accept& accept);
  // The header where rebuild() has stopped; nullopt if what is there is none.
  Result<std::optional<BatchHeader>> damaged_header();
  // The rest of the file, where rebuild() has stopped, is damage, and held the records up to `to`.
  void note_damage_up_to(Offset to);
  // Looks for damage at or after the batch of `from`, which the index does not know of, and notes the first. Returns
  // it; or what is known of damage there; nullopt if all is well up to the segment's end.
  Result<std::optional<DamagedStretch>> find_damage(Offset from);
  // Ascending. What is in it can't be read; the offsets stay those of what was there.
  const std::vector<DamagedStretch>& damage() const { return damage_; }
  // Takes size, end and indexes from the index files after a clean stop. Returns the name of the file that is missing,
  // damaged or does not fit, so that rebuild() is needed; empty if all is well. Of the transactions see load_aborted().
  Result<std::string> load_indexes(std::int32_t index_interval_bytes);
  // After that, the transactions that were aborted in it. False if their file is missing, damaged or does not fit: then
  // they are not known.
  bool load_aborted();
  // Cuts the file at a batch boundary: `position`, where a batch of base offset `next` would come.
  Result<void> truncate(std::uint64_t position, Offset next, std::int32_t index_interval_bytes);
  // Writes again what is there from `offset`'s batch on. After a sync that failed, the page cache may show data that
  // will never reach the disk, and that a later sync takes for clean: only a new write makes it dirty again. When the
  // file was last written it says as before: records without timestamps age by that.
  Result<void> rewrite_from(Offset offset);
  Result<void> sync() { return file_->sync(); }
  // The mark that the file carries, if it does. Setting one is made durable by the next sync. Errors: as
  // File::set_attribute.
  const std::optional<SyncedMark>& mark() const { return mark_; }
  Result<void> set_mark(const SyncedMark& mark);
  std::uint64_t file_size() const { return file_->size(); }
  std::string path(std::string_view suffix) const { return directory_ + "/" + segment_file_name(base_offset_, suffix); }

  // Appended to since the last sync began; kept by the log's flusher.
  bool needs_sync = false;
  // The index files are what the segment is, on stable storage; set by SideFiles.
  bool index_files_current = false;
  // Said in the log already: it has timestamps in the future, and will stay long.
  bool future_is_told = false;

 private:
  static constexpr std::size_t scan_bytes = 64 * 1024;
  void account(const BatchHeader& header, std::uint64_t position, std::int32_t index_interval_bytes);
  Result<std::uint64_t> rebuild_on(bool verify_crc, std::int32_t index_interval_bytes, const Accept& accept);
  // The next whole and right batch that begins at or after `position` and ends at or before `end`, of offsets in
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
