#include <algorithm>
#include <limits>

#include "broker/log/checkpoint.h"
#include "broker/log/log_inspection.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

namespace {

constexpr std::size_t small_file_bytes_max = 4096;

class SegmentCopy {
 public:
  SegmentCopy(File& to, EpochCache& epochs) : to_(to), epochs_(epochs) {}

  Result<void> write(const Bytes& batch, const BatchHeader& header) {
    if (header.leader_epoch >= epochs_.latest().value_or(0)) epochs_.add(header.leader_epoch, header.base_offset);
    FULMAR_TRY_VOID(to_.write_at(size_, ByteChain(batch)));
    size_ += batch.size();
    return {};
  }

  Result<void> stand_in(const DamagedStretch& lost) {
    for (auto from = lost.from; from < lost.to;) {
      auto to = std::min<Offset>(lost.to, from + std::numeric_limits<std::int32_t>::max());
      BatchHeader header;
      header.base_offset = from;
      header.last_offset_delta = static_cast<std::int32_t>(to - from - 1);
      header.leader_epoch = epochs_.latest().value_or(0);
      auto batch = build_empty_batch(header);
      FULMAR_TRY_VOID(write(batch, *read_batch_header(batch.view())));
      from = to;
    }
    return {};
  }

 private:
  File& to_;
  EpochCache& epochs_;
  std::uint64_t size_ = 0;
};

Result<void> copy_segment(Disk& disk, Segment& segment, const std::string& path, EpochCache& epochs,
                          const RewriteBatch& rewrite) {
  FULMAR_TRY(auto file, disk.open(path, OpenMode::create));
  SegmentCopy copy(*file, epochs);
  auto lost = segment.damage().begin();
  Result<void> failed;
  FULMAR_TRY_VOID(segment.scan(segment.base_offset(), [&](const BatchHeader& header, std::uint64_t position) {
    failed = [&]() -> Result<void> {
      for (; lost != segment.damage().end() && lost->from < header.base_offset; ++lost)
        FULMAR_TRY_VOID(copy.stand_in(*lost));
      FULMAR_TRY(Bytes batch, segment.read_batch(header, position));
      if (rewrite) {
        FULMAR_TRY(batch, rewrite(batch));
      }
      return copy.write(batch, header);
    }();
    return failed.has_value();
  }));
  FULMAR_TRY_VOID(failed);
  for (; lost != segment.damage().end(); ++lost) FULMAR_TRY_VOID(copy.stand_in(*lost));
  FULMAR_TRY(auto modified, segment.modified_ms());
  FULMAR_TRY_VOID(file->set_modified_ms(modified));
  return file->sync();
}

}  // namespace

Result<void> salvage_log(Disk& disk, const std::string& directory, const LogFindings& findings,
                         const std::string& target, const RewriteBatch& rewrite) {
  if (disk.list(target)) return fail(Errc::exists, target);
  FULMAR_TRY_VOID(disk.create_directory(target));
  EpochCache epochs;
  for (const auto& segment : findings.segments)
    FULMAR_TRY_VOID(copy_segment(disk, *segment, target + "/" + segment_file_name(segment->base_offset(), ".log"),
                                 epochs, rewrite));
  auto write = [&](std::string_view name, std::string_view content) {
    return replace_file(disk, target + "/" + std::string(name), ByteChain(Bytes::copy_of(content)));
  };
  auto identity = read_file(disk, directory + "/partition.metadata", small_file_bytes_max);
  if (identity)
    FULMAR_TRY_VOID(write("partition.metadata", identity->view()));
  else if (identity.error().code != Errc::not_found)
    return std::unexpected(identity.error());
  // If there may be holes, the batches do not show all epochs.
  const auto& known = findings.holes_below > 0 && !findings.epochs.entries().empty() ? findings.epochs : epochs;
  FULMAR_TRY_VOID(write("leader-epoch-checkpoint", known.encode()));
  // No indexes are written: a start builds them, and checks each batch.
  FULMAR_TRY_VOID(
      write(checkpoint_name,
            Checkpoint{findings.log_end, findings.log_start, findings.holes_below, findings.markers_from}.encode()));
  FULMAR_TRY_VOID(disk.sync_directory(target));
  return disk.sync_directory(parent_directory(target));
}

}  // namespace fulmar
