// What a coordinator's partition holds by its log, on one broker's simulated disk as its process sees it: the state of
// groups (__consumer_offsets) or of transactional ids (__transaction_state). For people who look at a life.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/uuid.h"

namespace fulmar {

class DiskImage;

// As lines, by name: generations or epochs, members, committed offsets; transactions with their state and partitions.
// `directory`: the partition's, such as "__consumer_offsets-3". `topics`: names by id. Ends at a batch that can't be
// read.
std::vector<std::string> describe_coordinator_log(const DiskImage& image, std::string_view directory,
                                                  const std::map<Uuid, std::string>& topics);

}  // namespace fulmar
