// SimDisk: a machine's disk, which outlives the processes that use it; SimDiskHandle: the Disk of one of their shards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "runtime/base/random.h"
#include "runtime/base/time.h"
#include "runtime/fiber/event.h"
#include "runtime/host/disk.h"
#include "sim/disk_image.h"
#include "sim/scheduler.h"

namespace fulmar {

// The faults of a disk. Probabilities in thousandths, per operation.
struct DiskFaults {
  std::int64_t slow_factor = 1;
  std::int64_t slow_read_ms = 0;  // reads that memory does not answer take up to so long; 0: as usual
  bool stuck = false;             // nothing completes until this is reset, or the process dies
  std::uint64_t capacity_bytes = std::uint64_t{1} << 40;
  std::uint64_t read_error_permille = 0;
  std::uint64_t write_error_permille = 0;
  std::uint64_t sync_error_permille = 0;
  std::uint64_t short_read_permille = 0;  // reads that return less than was asked for, though there is more
  std::uint64_t open_error_permille = 0;  // also for creating a directory
  std::uint64_t rename_error_permille = 0;
  std::uint64_t remove_error_permille = 0;  // also for a directory
  std::uint64_t list_error_permille = 0;

  bool operator==(const DiskFaults&) const = default;
};

class SimDisk {
 public:
  // `machine`, `name`: the number and the name of the disk's machine; `wall_ms`: its wall clock.
  SimDisk(SimScheduler& scheduler, Trace& trace, Random random, std::size_t machine, std::string name,
          std::function<Timestamp()> wall_ms);

  // What it draws from now on comes from this stream.
  void reseed(const Random& random) {
    random_ = random.split("operations");
    losses_ = random.split("losses");
  }

  const DiskFaults& faults() const { return faults_; }
  void set_faults(DiskFaults faults);
  void power_loss();
  void wipe();
  // Damages the sector at `offset` of a file; does nothing if there is no such file or it is shorter.
  void damage(std::string_view path, std::uint64_t offset);
  // Damage to a file at rest, without changing its modification time: changes the byte at `offset`, removes everything
  // after the first `size` bytes, or removes the file. The file must exist, and have nothing unsynced.
  void flip(std::string_view path, std::uint64_t offset, char bits);
  void lose_tail(std::string_view path, std::uint64_t size);
  void lose(std::string_view path);

  DiskImage& image() { return image_; }
  const DiskImage& image() const { return image_; }
  std::int64_t open_files() const { return open_files_; }
  // The number of reads that returned less than was asked for, though there was more.
  std::uint64_t short_reads() const { return short_reads_; }

 private:
  friend class SimDiskHandle;
  friend class SimFile;

  enum class Operation : std::uint8_t { read, write, sync, names };
  // Takes the operation's time; throws FiberCancelled if the process ends meanwhile.
  void take_time(Operation operation);
  bool fails(std::uint64_t permille) { return permille > 0 && random_.chance(permille, 1000); }
  // The error of an operation on a name, if it fails; then it has no effect.
  Result<void> name_error(std::uint64_t permille, const char* operation, std::string_view path);
  bool has_room(std::uint64_t more) const;
  // Tells of an operation that began then and has just ended, by the running fiber if there is one.
  template <class Text>
  void tell(Happening::Kind kind, Instant began, std::string_view path, std::uint64_t bytes, Text text);

  SimScheduler& scheduler_;
  Trace& trace_;
  Random random_;
  Random losses_;
  std::size_t machine_;
  std::string name_;
  std::function<Timestamp()> wall_ms_;
  DiskImage image_;
  DiskFaults faults_;
  Event unstuck_;
  std::map<std::string, int> locks_;
  std::int64_t open_files_ = 0;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t short_reads_ = 0;
};

class SimDiskHandle final : public Disk {
 public:
  explicit SimDiskHandle(SimDisk& disk) : disk_(disk) {}

  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view path) override;
  Result<void> remove_directory(std::string_view path) override;
  Result<void> create_directory(std::string_view path) override;
  Result<std::vector<DirectoryEntry>> list(std::string_view path) override;
  Result<void> sync_directory(std::string_view path) override;
  Result<DiskSpace> space() override;
  std::string name() const override { return disk_.name_; }
  Result<std::unique_ptr<File>> lock(std::string_view path) override;

 private:
  SimDisk& disk_;
};

}  // namespace fulmar
