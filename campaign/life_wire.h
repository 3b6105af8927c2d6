// What a campaign and its workers say to each other: lines of JSON. A worker is a fork of the campaign's process, so
// that a scenario is known by its address.
#pragma once

#include <string>

#include "campaign/worker.h"

namespace fulmar {

// Each is one line, with its end; decode_*() takes it without.
std::string encode_order(const LifeOrder& order);
LifeOrder decode_order(const std::string& line);
// All but the order.
std::string encode_played(const PlayedLife& played);
PlayedLife decode_played(const std::string& line);

}  // namespace fulmar
