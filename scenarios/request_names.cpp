#include "scenarios/request_names.h"

#include <algorithm>

#include "broker/protocol/api_key.h"
#include "broker/protocol/endian.h"

namespace fulmar {

namespace {

// Before a frame: its size. Of a request: API key, version and correlation id; of an answer: the correlation id.
constexpr std::size_t size_bytes = 4, request_bytes = 12, answer_bytes = 8;
constexpr std::int32_t frame_bytes_max = 1 << 28;  // what begins with a larger number is of another protocol, as TLS is
constexpr const char* unknown = "data";

}  // namespace

void RequestNames::begin(Direction& direction, Unanswered& unanswered, bool from_client) {
  const auto* head = direction.head.data();
  auto size = load_big<std::int32_t>(head);
  auto header = static_cast<std::int64_t>(direction.head.size() - size_bytes);
  if (size < header || size > frame_bytes_max) {
    direction.lost = true;
    return;
  }
  direction.left = static_cast<std::uint64_t>(size - header);
  direction.name = unknown;
  auto correlation = load_big<std::int32_t>(head + (from_client ? request_bytes - 4 : size_bytes));
  if (from_client) {
    if (const auto* api = declared_api(load_big<std::int16_t>(head + size_bytes))) direction.name = api->name;
    auto number = unanswered.next++;
    unanswered.in_order[number] = direction.name;
    unanswered.places[correlation] = number;
    if (unanswered.in_order.size() > unanswered_max) {
      auto first = unanswered.in_order.begin();
      std::erase_if(unanswered.places, [&](const auto& place) { return place.second == first->first; });
      unanswered.in_order.erase(first);
    }
  } else if (auto place = unanswered.places.find(correlation); place != unanswered.places.end()) {
    direction.name = "answer to " + unanswered.in_order[place->second];
    unanswered.in_order.erase(place->second);
    unanswered.places.erase(place);
  }
  direction.head.clear();
}

std::string RequestNames::name(std::uint64_t connection, bool from_client, std::string_view bytes) {
  auto& direction = directions_[{connection, from_client}];
  std::string names;
  auto add = [&](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
  bool continues = direction.left > 0;
  while (!bytes.empty() && !direction.lost) {
    if (direction.left > 0) {
      auto part = std::min<std::uint64_t>(direction.left, bytes.size());
      direction.left -= part;
      bytes.remove_prefix(part);
      if (std::exchange(continues, false) && bytes.empty()) add("part of " + direction.name);
      continue;
    }
    auto needed = (from_client ? request_bytes : answer_bytes) - direction.head.size();
    auto part = std::min(needed, bytes.size());
    direction.head += bytes.substr(0, part);
    bytes.remove_prefix(part);
    if (part < needed) break;
    begin(direction, unanswered_[connection], from_client);
    if (!direction.lost) add(direction.name);
  }
  return names.empty() ? unknown : names;
}

}  // namespace fulmar
