#include "broker/server/shard/partition_files.h"

#include <string_view>

#include "broker/cluster/topic_name.h"
#include "broker/log/checked_file.h"
#include "runtime/host/disk.h"

namespace fulmar {

namespace {

constexpr std::string_view partition_metadata = "partition.metadata";
constexpr std::size_t partition_metadata_bytes_max = 1024;

std::string partition_metadata_of(const Uuid& topic_id) {
  return "version: 0\ntopic_id: " + to_string(topic_id) + "\n";
}

std::string path_in(const std::string& directory) {
  return directory + "/" + std::string(partition_metadata);
}

// The topic in the file; nullopt if it is damaged.
std::optional<Uuid> named_topic(const CheckedFile& file) {
  if (file.integrity == Integrity::damaged) return std::nullopt;
  auto text = file.content.view();
  auto begin = text.find_last_of(' ');
  if (begin == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  auto id = parse_uuid(text.substr(begin + 1, text.size() - begin - 2));
  return id && text == partition_metadata_of(*id) ? id : std::nullopt;
}

}  // namespace

Result<std::shared_ptr<PartitionLog>> PartitionFiles::open(const std::string& topic, const GroupId& group,
                                                           const LogConfig& config, bool alone, bool clean) {
  const auto name = partition_directory(topic, group.partition);
  const auto path = path_in(name);
  auto on_damage = alone ? OnDamage::serve_rest : OnDamage::keep_good;
  if (!alone && !replicas_.keeps_promises()) return fail(Errc::io_error, "promises can't be stored");
  // The directory may be an earlier topic's of that name, whose records must not become this one's. But a missing or
  // unreadable file is no reason to remove records: only a directory without any was created just before a power loss,
  // and nothing was acknowledged in it.
  auto found = read_checked_file(host_.disk(), path, partition_metadata_bytes_max);
  if (!found && found.error().code != Errc::not_found) return std::unexpected(found.error());
  auto named = found ? named_topic(*found) : std::nullopt;
  // A damaged id may look like another topic's: that it is another's is believed only if the checksum is right.
  bool known = named && (*named == group.topic || found->integrity == Integrity::intact);
  bool unclaimed = false;
  if (!known) {
    FULMAR_TRY(unclaimed, logs_.holds_records(name));
  }
  if (unclaimed && alone)
    return fail(Errc::invalid_argument, path +
                                            (!found  ? " is missing"
                                             : named ? " names another topic, or is damaged"
                                                     : " is damaged") +
                                            ", so whose records these are is not known: nothing was removed. If they " +
                                            "are those of topic " + to_string(group.topic) +
                                            ", write the file anew (\"version: 0\" and \"topic_id: " +
                                            to_string(group.topic) + "\", a line each); else move the directory away");
  if (!known || *named != group.topic) FULMAR_TRY_VOID(make_anew(name, group, unclaimed));
  return logs_.open(name, config, clean, on_damage, replicas_.epoch_max(group));
}

// `unclaimed`: it has records of an unknown topic.
Result<void> PartitionFiles::make_anew(const std::string& directory, const GroupId& group, bool unclaimed) {
  // First: if the broker ends before the rest is done, the next start must not trust an empty log.
  FULMAR_TRY_VOID(replicas_.forget_log(group, unclaimed));
  if (unclaimed) {
    FULMAR_TRY(auto aside, logs_.set_aside(directory));
    log_.error(
        "partition.metadata is missing or damaged, or names another topic: the directory is set aside, and the other "
        "replicas give its records again",
        {{"partition", directory}, {"set_aside_as", aside}});
  } else {
    FULMAR_TRY_VOID(logs_.remove(directory));
  }
  FULMAR_TRY_VOID(host_.disk().create_directory(directory));
  // Its name is made durable with those of the log's first files.
  return replace_checked_file_unsynced(host_.disk(), path_in(directory),
                                       Bytes::copy_of(partition_metadata_of(group.topic)));
}

std::optional<Uuid> PartitionFiles::topic_of(const std::string& directory) const {
  auto file = read_checked_file(host_.disk(), path_in(directory), partition_metadata_bytes_max);
  return file && file->integrity == Integrity::intact ? named_topic(*file) : std::nullopt;
}

}  // namespace fulmar
