// OperationTeller: tells whoever observes a life of its clients' operations, as they begin and end.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "campaign/life_record.h"

namespace fulmar {

class World;

class OperationTeller {
 public:
  explicit OperationTeller(World& world) : world_(world) {}

  // To be called by the client's fiber: when an operation begins, if that is known, and when it has ended or is given
  // up (it has an outcome then).
  void operator()(const LifeRecord::Operation& operation, bool ended);

 private:
  World& world_;
  // Those that have begun: client, what and when, to the number of the happening.
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::uint64_t> begun_;
};

}  // namespace fulmar
