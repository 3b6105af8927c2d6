#include "runtime/real/usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "runtime/real/reactor.h"

namespace fulmar {

namespace {

std::optional<ProcessUsage> measure_process() {
  rusage used{};
  std::uint64_t pages = 0, resident_pages = 0;
  std::ifstream memory("/proc/self/statm");
  if (getrusage(RUSAGE_SELF, &used) != 0 || !(memory >> pages >> resident_pages)) return std::nullopt;
  auto length = [](const timeval& time) { return seconds(time.tv_sec) + microseconds(time.tv_usec); };
  return ProcessUsage{.cpu = length(used.ru_utime) + length(used.ru_stime),
                      .resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

DiskUsage measure_disk() {
  return static_cast<Reactor&>(Scheduler::current()).disk_usage();
}

}  // namespace

UsageMeters real_usage_meters() {
  return {.process = &measure_process, .disk = &measure_disk};
}

}  // namespace fulmar
