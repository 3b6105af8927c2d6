#include "campaign/traced_life.h"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <utility>

namespace fulmar {

namespace {

constexpr std::size_t line_buffer_bytes = 64 << 10;

void play_to(std::FILE* out, const Scenario& scenario, const Plan& plan, bool another_before) {
  if (another_before) scenario.run(plan, {});
  setvbuf(out, nullptr, _IOLBF, line_buffer_bytes);  // so that the lines before a crash are not lost
  std::uint64_t events = 0;
  bool account = false;
  LifeOptions traced;
  traced.event = [&](std::uint64_t count, Instant, std::uint64_t) { events = count; };
  traced.account = [&](Instant, std::string_view) { account = true; };
  traced.trace = [&](Instant at, std::string_view text) {
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    std::fprintf(out, "%" PRIu64 " %" PRId64 " %d %s\n", events, static_cast<std::int64_t>(at.ns),
                 std::exchange(account, false) ? 1 : 0, line.c_str());
  };
  scenario.run(plan, traced);
}

}  // namespace

std::string to_string(const TracedLine& line) {
  return to_string(line.at) + " " + line.text;
}

TracedLife::TracedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max, bool another_before)
    : process_(life_seconds_max, [&](std::FILE* out) { play_to(out, scenario, plan, another_before); }) {}

TracedLife::~TracedLife() {
  std::free(line_);
}

std::optional<TracedLine> TracedLife::next() {
  auto size = getline(&line_, &capacity_, process_.in());
  if (size <= 0) return std::nullopt;
  if (line_[size - 1] == '\n') line_[--size] = '\0';
  TracedLine line;
  std::int64_t at = 0;
  int account = 0, text = 0;
  if (std::sscanf(line_, "%" SCNu64 " %" SCNd64 " %d %n", &line.events, &at, &account, &text) < 3) return std::nullopt;
  line.at = Instant{at};
  line.account = account != 0;
  line.text.assign(line_ + text, static_cast<std::size_t>(size - text));
  return line;
}

}  // namespace fulmar
