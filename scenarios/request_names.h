// RequestNames: what brokers and clients send each other, by name ("Fetch", "answer to Fetch"), for whoever observes a
// life. It follows the frames of each connection; what it can't read it calls "data".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace fulmar {

class RequestNames {
 public:
  // Names the frames that begin in these bytes, or the one that continues. The bytes follow on those of earlier calls
  // for that direction of the connection.
  std::string name(std::uint64_t connection, bool from_client, std::string_view bytes);

 private:
  // More requests than these without an answer: the earliest are forgotten.
  static constexpr std::size_t unanswered_max = 1000;

  struct Direction {
    std::string head;        // the begin of a frame, up to its correlation id
    std::uint64_t left = 0;  // bytes of the present frame
    std::string name;        // its name
    bool lost = false;       // what came is no frame
  };
  struct Unanswered {
    std::map<std::uint64_t, std::string> in_order;  // names, by the order of requests
    std::map<std::int32_t, std::uint64_t> places;   // by correlation id
    std::uint64_t next = 0;
  };

  void begin(Direction& direction, Unanswered& unanswered, bool from_client);

  std::map<std::pair<std::uint64_t, bool>, Direction> directions_;
  std::map<std::uint64_t, Unanswered> unanswered_;
};

}  // namespace fulmar
