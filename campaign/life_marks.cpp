#include "campaign/life_marks.h"

namespace fulmar {

void tell_code_marks(const World& world, LifeResult& life) {
  for (const auto& [name, times, first] : world.marks().reached()) {
    life.marks[std::string(name)] += times;
    life.sightings.emplace(name, first);
  }
}

}  // namespace fulmar
