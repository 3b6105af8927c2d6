#include "broker/server/data_directory.h"

#include <algorithm>

#include "broker/cluster/earlier_metadata.h"
#include "broker/log/log_manager.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::string_view lock_file = ".lock";
constexpr std::string_view clean_stop_file = ".clean-stop";

}  // namespace

Result<void> DataDirectory::lock() {
  auto lock = host_.disk().lock(lock_file);
  if (!lock) {
    if (lock.error().code == Errc::exists) return fail(Errc::exists, "the data directory is in use by another broker");
    return std::unexpected(lock.error());
  }
  lock_ = std::move(*lock);
  return {};
}

Result<void> DataDirectory::take(std::int32_t node_id, bool by_itself) {
  FULMAR_TRY(identity_, Identity::take(host_, node_id));
  FULMAR_TRY_VOID(take_clean_mark());
  FULMAR_TRY(auto entries, host_.disk().list(""));
  FULMAR_TRY_VOID(refuse_interrupted_upgrade(entries));
  FULMAR_TRY_VOID(LogManager::remove_leftovers(host_.disk(), entries));
  return read_promises(by_itself);
}

// The metadata log may be under another name, and the broker would begin an empty one.
Result<void> DataDirectory::refuse_interrupted_upgrade(const std::vector<DirectoryEntry>& entries) {
  if (std::ranges::any_of(entries, [](const auto& entry) { return entry.name == upgraded_log_name; }))
    return fail(Errc::unsupported,
                "an upgrade of the data directory was interrupted: run `fulmar log upgrade DIR` once more");
  return {};
}

// The mark is removed before anything is changed.
Result<void> DataDirectory::take_clean_mark() {
  auto& disk = host_.disk();
  auto removed = disk.remove(clean_stop_file);
  if (!removed && removed.error().code == Errc::not_found) return {};
  if (!removed) return std::unexpected(removed.error());
  FULMAR_TRY_VOID(disk.sync_directory(""));
  clean_ = true;
  return {};
}

Result<void> DataDirectory::read_promises(bool by_itself) {
  FULMAR_TRY(promises_, HardStateStore::load(host_.disk()));
  if (!promises_.earlier.empty())
    return fail(
        Errc::unsupported,
        "the data directory is of an earlier release: `fulmar log upgrade DIR` converts it, once all brokers of "
        "the cluster are stopped");
  auto log = host_.log().named("broker");
  for (const auto& file : promises_.damage)
    if (!by_itself)
      log.error("damaged terms and votes: this broker's replicas have no vote until others have given them all anew",
                {{"file", file}});
  if (!promises_.damage.empty())
    HardStateStore::lose_promises(promises_.states, [&] { return host_.entropy().next(); });
  return {};
}

Result<void> DataDirectory::mark_clean() {
  return replace_file(host_.disk(), clean_stop_file, ByteChain(Bytes::copy_of("1\n")));
}

}  // namespace fulmar
