// A process of the real world: threads, one reactor each, and a main that runs as a fiber on the first.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/host/disk.h"
#include "runtime/host/host.h"
#include "runtime/real/io_backend.h"
#include "runtime/real/log_output.h"

namespace fulmar {

struct ProcessOptions {
  std::string data_directory = {};  // the root of Disk; must exist. Empty: no disk, and using it is a bug
  unsigned shards = 1;
  IoBackend backend = IoBackend::automatic;
  LogOutput log = {};
  // If set, SIGTERM and SIGINT set stop_requested(), and SIGPIPE is ignored. Else signals have their default effect.
  bool handle_signals = true;
};

// Runs `main` until it returns, and returns its result. At most one call per process at a time. Errors: unsupported, if
// the kernel refuses the requested backend; io_error: the log can't be written.
Result<int> run_real_process(const ProcessOptions& options, const std::function<int(Host&)>& main);

// Another directory than that of the process' data, which may not be there. `host`: one that run_real_process() has
// made, of the shard whose fibers use the disk; outlives it.
std::unique_ptr<Disk> real_disk_at(Host& host, std::string directory);

}  // namespace fulmar
