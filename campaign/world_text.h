// A world in words, as it is now: its machines, their disks, and what is under way between them.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

class Node;
class World;

// A line per node: its process, shards and fibers, connections and disk.
std::vector<std::string> describe_nodes(World& world);
// What a power loss could take from a node's disk: the files whose durable content is another than what processes see,
// or whose name is not durable; and how many others there are. At most `lines_max` files by name.
std::vector<std::string> describe_disk(Node& node, std::size_t lines_max);
// What was sent and has not arrived, and what has arrived and is unread.
std::vector<std::string> describe_messages(World& world);

}  // namespace fulmar
