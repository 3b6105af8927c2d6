#include "broker/server/shard/api_counts.h"

#include <algorithm>
#include <array>

namespace fulmar {

namespace {

constexpr std::size_t kafka_keys = 128;  // keys of Kafka's own APIs are below
constexpr std::int16_t nowhere = -1;

// Each API's place in served_apis().
struct Places {
  std::array<std::int16_t, kafka_keys> by_key{};

  Places() {
    by_key.fill(nowhere);
    std::int16_t place = 0;
    for (const auto& api : served_apis()) {
      auto key = static_cast<std::size_t>(api.key);
      if (key < by_key.size()) by_key[key] = place;
      ++place;
    }
  }
};

std::int16_t place_of(std::int16_t api_key) {
  static const Places places;
  if (api_key >= 0 && static_cast<std::size_t>(api_key) < places.by_key.size())
    return places.by_key[static_cast<std::size_t>(api_key)];
  const auto apis = served_apis();
  auto found = std::ranges::find(apis, api_key, [](const ApiInfo& api) { return static_cast<std::int16_t>(api.key); });
  return found == apis.end() ? nowhere : static_cast<std::int16_t>(found - apis.begin());
}

}  // namespace

ApiCounts::ApiCounts() : counts_(served_apis().size()) {}

ApiCount* ApiCounts::of(std::int16_t api_key) {
  auto place = place_of(api_key);
  return place == nowhere ? nullptr : &counts_[static_cast<std::size_t>(place)];
}

}  // namespace fulmar
