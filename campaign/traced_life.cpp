#include "campaign/traced_life.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdlib>

#include "campaign/crash_report.h"
#include "campaign/time_limit.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

void play_to(std::FILE* out, const Scenario& scenario, const Plan& plan, bool another_before) {
  if (another_before) scenario.run(plan, {});
  TracedLine line;
  std::uint64_t events = 0;
  auto write = [&] {
    std::fprintf(out, "%" PRIu64 " %" PRId64 " %d %s\n", line.events, static_cast<std::int64_t>(line.at.ns),
                 line.account ? 1 : 0, line.text.c_str());
  };
  bool any = false;
  LifeOptions traced;
  traced.event = [&](std::uint64_t count, Instant, std::uint64_t) { events = count; };
  // Lines of the account come as lines of the trace first.
  traced.trace = [&](Instant at, std::string_view text) {
    if (std::exchange(any, true)) write();
    line = {events, at, false, std::string(text)};
    for (auto& c : line.text)
      if (c == '\n') c = ' ';
  };
  traced.account = [&](Instant, std::string_view) { line.account = true; };
  scenario.run(plan, traced);
  if (any) write();
  std::fflush(out);
}

}  // namespace

std::string to_string(const TracedLine& line) {
  return to_string(line.at) + " " + line.text;
}

TracedLife::TracedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max, bool another_before) {
  int ends[2];
  FULMAR_ASSERT(pipe(ends) == 0);
  std::fflush(nullptr);
  pid_ = fork();
  FULMAR_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    close(ends[0]);
    report_crashes();
    TimeLimit limit(2 * life_seconds_max);
    play_to(fdopen(ends[1], "w"), scenario, plan, another_before);
    _exit(0);
  }
  close(ends[1]);
  in_ = fdopen(ends[0], "r");
}

TracedLife::~TracedLife() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::fclose(in_);
  std::free(line_);
}

std::optional<TracedLine> TracedLife::next() {
  auto size = getline(&line_, &capacity_, in_);
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
