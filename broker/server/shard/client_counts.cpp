#include "broker/server/shard/client_counts.h"

#include <algorithm>
#include <array>
#include <functional>

#include "broker/protocol/api_key.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::size_t key_max = 127;                // of Kafka's APIs
constexpr Duration merge_work = nanoseconds(1000);  // of one software's counts

// Where an API's counts begin.
struct Place {
  std::int16_t key = -1;
  std::int16_t min = 0;
  std::int16_t max = -1;
  RequestCounts::Slot first = 0;
};

struct Places {
  std::array<Place, key_max + 1> by_key{};
  std::size_t slots = 0;

  Places() {
    for (const auto& api : served_apis())
      if (api.advertised)
        by_key.at(static_cast<std::size_t>(api.key)) = {static_cast<std::int16_t>(api.key), api.min, api.max};
    for (auto& place : by_key) {
      place.first = static_cast<RequestCounts::Slot>(slots);
      slots += static_cast<std::size_t>(place.max - place.min + 1);
    }
    FULMAR_ASSERT(slots < RequestCounts::uncounted);
  }
};

const Places& places() {
  static const Places all;
  return all;
}

}  // namespace

RequestCounts::Slot RequestCounts::slot_of(std::int16_t api_key, std::int16_t version) {
  if (api_key < 0 || static_cast<std::size_t>(api_key) > key_max) return uncounted;
  const auto& place = places().by_key[static_cast<std::size_t>(api_key)];
  if (version < place.min || version > place.max) return uncounted;
  return static_cast<Slot>(place.first + (version - place.min));
}

RequestCounts::RequestCounts() : counts_(places().slots) {}

void RequestCounts::add(const RequestCounts& more) {
  std::ranges::transform(counts_, more.counts_, counts_.begin(), std::plus<>());
}

void RequestCounts::each(
    const std::function<void(std::int16_t api_key, std::int16_t version, std::int64_t count)>& see) const {
  for (const auto& place : places().by_key)
    for (int version = place.min; version <= place.max; ++version)
      if (auto count = counts_[place.first + static_cast<std::size_t>(version - place.min)])
        see(place.key, static_cast<std::int16_t>(version), count);
}

// Clients that name no software are always listed.
ClientCounts::ClientCounts() {
  by_software_.try_emplace(Software{});
}

RequestCounts& ClientCounts::of(const Software& software) {
  auto known = by_software_.find(software);
  if (known != by_software_.end()) return known->second;
  bool listed = by_software_.size() < software_max && software.name.size() <= text_bytes_max &&
                software.version.size() <= text_bytes_max;
  return listed ? by_software_[software] : others_;
}

void ClientCounts::add(const ClientCounts& more) {
  for (const auto& [software, counts] : more.by_software_) {
    of(software).add(counts);
    work_in_slices(merge_work);
  }
  others_.add(more.others_);
}

}  // namespace fulmar
