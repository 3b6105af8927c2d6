// Repeats: what a request names again and again. A name is a few bytes and what it stands for may be large, so a
// response has it only so often; Kafka answers each.
#pragma once

#include <cstddef>
#include <set>
#include <utility>

namespace fulmar {

template <class Name>
class Repeats {
 public:
  // Whether this was named before, and such names were answered often enough in this request.
  bool are_too_many(Name name) { return !named_.insert(std::move(name)).second && ++repeated_ > answered_max; }

 private:
  static constexpr std::size_t answered_max = 10;
  std::set<Name> named_;
  std::size_t repeated_ = 0;
};

}  // namespace fulmar
