// ApiCounts: what a shard has answered of each API: how many requests, how long they took, their bytes and their
// errors. Adding is a few instructions. ClientCounts has the same requests by software and version.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "runtime/base/latency_histogram.h"

namespace fulmar {

// Of one API.
struct ApiCount {
  LatencyHistogram durations;  // from when the request has come to when there is a response; one for each request
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
  // Of the responses that were made here, also for brokers that forwarded the request; one for each part that has it.
  std::map<ErrorCode, std::int64_t> errors;
};

class ApiCounts {
 public:
  ApiCounts();
  // Valid as long as this object; null if that API is not served.
  ApiCount* of(std::int16_t api_key);
  // Calls `see(const ApiInfo&, const ApiCount&)` for each served API.
  template <class See>
  void each(See&& see) const {
    std::size_t place = 0;
    for (const auto& api : served_apis()) see(api, counts_[place++]);
  }

 private:
  std::vector<ApiCount> counts_;  // in the order of served_apis()
};

}  // namespace fulmar
