#include "campaign/world_text.h"

#include <map>

#include "checkers/base/violation.h"
#include "sim/world.h"

namespace fulmar {

namespace {

constexpr std::size_t names_shown = 6;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string state_of(const Node& node) {
  if (!node.process()) return "was never started";
  if (node.running()) {
    const auto& process = *node.process();
    return std::string(node.paused() ? "is paused" : "runs") + ", " + number(process.shard_count()) + " shards, " +
           number(process.fiber_count()) + " fibers";
  }
  auto code = node.exit_code();
  return code ? "has exited with " + std::to_string(*code) : "is down";
}

}  // namespace

std::vector<std::string> describe_nodes(World& world) {
  std::vector<std::string> lines;
  for (std::size_t n = 0; n < world.node_count(); ++n) {
    auto& node = world.node(n);
    auto line = node.name() + " " + state_of(node);
    line += ", " + number(world.network().open_connections_of(n)) + " ends of connections";
    line += ", disk " + number(node.disk().image().used_bytes()) + " bytes, " +
            std::to_string(node.disk().open_files()) + " files open";
    if (node.disk().faults() != DiskFaults{}) line += ", its disk has faults";
    if (node.clock_faults() != ClockFaults{}) line += ", its wall clock is wrong";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> describe_disk(Node& node, std::size_t lines_max) {
  const auto& image = node.disk().image();
  std::vector<std::string> lines;
  std::size_t durable = 0, changing = 0, unsynced = 0;
  for (const auto& [path, file] : image.files()) {
    bool name_durable = image.file(path, true) == file.get();
    bool content_durable = file->current() == file->durable();
    if (name_durable && content_durable) {
      ++(file->has_unsynced() ? unsynced : durable);
      continue;
    }
    if (++changing > lines_max) continue;
    auto line = path + ": " + number(file->current().size()) + " bytes";
    if (!content_durable) line += ", durable " + number(file->durable().size());
    if (!name_durable) line += ", its name is not durable";
    lines.push_back(std::move(line));
  }
  if (changing > lines_max) lines.push_back("and " + number(changing - lines_max) + " other such files");
  lines.insert(lines.begin(), "disk: " + number(durable) + " files are durable as they are, " + number(unsynced) +
                                  " but for attributes, and " + number(changing) + " are not" +
                                  (changing > 0 ? ":" : ""));
  return lines;
}

std::vector<std::string> describe_messages(World& world) {
  std::vector<std::string> lines;
  for (const auto& stream : world.network().busy_streams()) {
    auto line = world.node(stream.from).name() + " to " + world.node(stream.to).name() + ", connection " +
                number(stream.connection) + ":";
    if (!stream.under_way.empty()) {
      line += " " + number(stream.under_way.size()) + " under way, " + number(stream.bytes_under_way) +
              " bytes, the first due at " + to_string(stream.next_due);
      for (std::size_t i = 0; i < stream.under_way.size() && i < names_shown; ++i)
        line += (i == 0 ? " (" : "; ") + stream.under_way[i];
      line += stream.under_way.size() > names_shown ? "; ...)" : ")";
    }
    if (stream.stuck) line += ", sent again and again";
    if (stream.bytes_unread > 0) line += " " + number(stream.bytes_unread) + " bytes unread";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace fulmar
