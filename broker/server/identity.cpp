#include "broker/server/identity.h"

#include "broker/cluster/metadata_records.h"
#include "broker/cluster/properties.h"
#include "broker/cluster/topic_name.h"
#include "broker/log/checked_file.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::string_view identity_file = "meta.properties";
constexpr std::size_t identity_bytes_max = 4096;

std::unexpected<Error> damaged(const std::string& how) {
  return fail(Errc::corrupt,
              std::string(identity_file) + " in the data directory is damaged: " + how +
                  ". Put it back from a copy, or, if all its lines are right, save it again with an editor");
}

}  // namespace

Result<Identity> Identity::take(Host& host, std::int32_t node_id) {
  auto& disk = host.disk();
  auto found = read_checked_file(disk, identity_file, identity_bytes_max);
  if (found) {
    if (found->integrity == Integrity::damaged)
      return damaged("it is not what was written, and nobody has edited it since");
    auto properties = parse_properties(found->content.view());
    if (!properties) return damaged(properties.error().detail);
    auto directory = parse_uuid((*properties)["directory.id"]);
    if (!directory) return damaged("it has no directory.id");
    auto node = (*properties)["node.id"];
    if (!parse_integer(node)) return damaged("it has no node.id");
    if (node != std::to_string(node_id))
      return fail(Errc::invalid_argument,
                  "the data directory belongs to node " + node + ", not to node " + std::to_string(node_id));
    return Identity(node_id, *directory, (*properties)["cluster.id"]);
  }
  if (found.error().code != Errc::not_found) return std::unexpected(found.error());
  // With another directory id all replicas in it would count as lost.
  FULMAR_TRY(auto entries, disk.list(""));
  for (const auto& entry : entries)
    if (entry.is_directory && (partition_of_directory(entry.name) || entry.name == "__cluster_metadata-0"))
      return fail(Errc::invalid_argument, std::string(identity_file) + " is missing, though the data directory holds " +
                                              entry.name + ": put the file back, or begin with an empty directory");
  Identity made(node_id, random_uuid(host.entropy()), "");
  FULMAR_TRY_VOID(made.write(disk));
  return made;
}

Result<void> Identity::join(Disk& disk, const std::string& cluster_id) {
  if (cluster_id_ == cluster_id) return {};
  if (!cluster_id_.empty())
    return fail(Errc::invalid_argument, "the data directory belongs to cluster " + cluster_id_ +
                                            " (meta.properties), but what is in it is of cluster " + cluster_id +
                                            "; put back the files that go together, or begin with an empty directory");
  auto joined = *this;
  joined.cluster_id_ = cluster_id;
  FULMAR_TRY_VOID(joined.write(disk));
  *this = std::move(joined);
  return {};
}

Result<void> Identity::write(Disk& disk) const {
  std::string text = "version=1\n";
  if (!cluster_id_.empty()) text += "cluster.id=" + cluster_id_ + "\n";
  text += "node.id=" + std::to_string(node_id_) + "\ndirectory.id=" + to_string(directory_) + "\n";
  return replace_checked_file(disk, identity_file, Bytes::copy_of(text));
}

}  // namespace fulmar
