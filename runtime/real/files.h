// RealDisk: files below a directory, through the shard's engine.
#pragma once

#include <string>

#include "runtime/host/disk.h"
#include "runtime/real/reactor.h"

namespace fulmar {

class RealDisk final : public Disk {
 public:
  RealDisk(Reactor& reactor, std::string root) : reactor_(reactor), root_(std::move(root)) {}

  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view path) override;
  Result<void> remove_directory(std::string_view path) override;
  Result<void> create_directory(std::string_view path) override;
  Result<std::vector<DirectoryEntry>> list(std::string_view path) override;
  Result<void> sync_directory(std::string_view path) override;
  Result<DiskSpace> space() override;
  std::string name() const override { return root_; }
  Result<std::unique_ptr<File>> lock(std::string_view path) override;

 private:
  std::string full(std::string_view path) const { return path.empty() ? root_ : root_ + "/" + std::string(path); }

  Reactor& reactor_;
  std::string root_;
};

}  // namespace fulmar
