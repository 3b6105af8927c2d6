// ClientCounts: counts the requests that a shard has answered, by the clients' software (name and version, KIP-511),
// API and version. An operator sees whose old clients are still in use.
//
// A connection looks its software up when it opens and when it names itself; a request is then one increment. Clients
// name their software as they like: what is kept of them is bounded, the rest is counted together.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace fulmar {

// Counts by API and version: one slot for each version that ApiVersions advertises and that is served. Requests of
// other versions, and of APIs that are not advertised, are not counted.
class RequestCounts {
 public:
  using Slot = std::uint16_t;
  static constexpr Slot uncounted = 65535;
  static Slot slot_of(std::int16_t api_key, std::int16_t version);

  RequestCounts();
  void add(Slot slot) {
    if (slot != uncounted) ++counts_[slot];
  }
  void add(const RequestCounts& more);
  // Calls `see` for each count that is not 0, by API key and version.
  void each(const std::function<void(std::int16_t api_key, std::int16_t version, std::int64_t count)>& see) const;

 private:
  std::vector<std::int64_t> counts_;
};

class ClientCounts {
 public:
  // With more kinds of software than that in one cluster nobody reads the list. Some 2 kB each.
  static constexpr std::size_t software_max = 200;
  // Of name or version; the software of clients with longer ones is not listed.
  static constexpr std::size_t text_bytes_max = 64;

  struct Software {
    std::string name;  // both empty: not named
    std::string version;
    auto operator<=>(const Software&) const = default;
  };

  ClientCounts();
  // The counts of that software, or of all others if it can't be listed; valid as long as this object.
  RequestCounts& of(const Software& software);
  // Adds another shard's counts, within the bounds of this one. A cancellation point; the other shard may go on
  // counting meanwhile.
  void add(const ClientCounts& more);

  const std::map<Software, RequestCounts>& by_software() const { return by_software_; }
  const RequestCounts& others() const { return others_; }

 private:
  std::map<Software, RequestCounts> by_software_;  // nothing is ever removed
  RequestCounts others_;
};

}  // namespace fulmar
