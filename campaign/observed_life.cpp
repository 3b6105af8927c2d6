#include "campaign/observed_life.h"

#include "campaign/happening_wire.h"

namespace fulmar {

namespace {

// Each with its size before it, and flushed, so that none before a crash is lost.
void play_to(std::FILE* out, const Scenario& scenario, const Plan& plan) {
  LifeOptions options;
  options.happening = [&](const Happening& happening) {
    auto bytes = encode(happening);
    std::uint64_t size = bytes.size();
    std::fwrite(&size, sizeof size, 1, out);
    std::fwrite(bytes.data(), bytes.size(), 1, out);
    std::fflush(out);
  };
  scenario.run(plan, options);
}

}  // namespace

ObservedLife::ObservedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max)
    : process_(life_seconds_max, [&](std::FILE* out) { play_to(out, scenario, plan); }) {}

std::optional<Happening> ObservedLife::next() {
  std::uint64_t size = 0;
  if (std::fread(&size, sizeof size, 1, process_.in()) != 1) return std::nullopt;
  buffer_.resize(size);
  if (std::fread(buffer_.data(), 1, size, process_.in()) != size) return std::nullopt;
  return decode_happening(buffer_);
}

}  // namespace fulmar
