#include "scenarios/serve/outside/live_session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "campaign/exit_codes.h"
#include "campaign/held_signals.h"
#include "scenarios/serve/recording.h"

namespace fulmar {

namespace {

constexpr Duration busy_turn = milliseconds(1);   // while something is moved
constexpr Duration quiet_turn = milliseconds(5);  // else; a client that begins to talk ends it
constexpr Duration busy_for = milliseconds(200);
constexpr Duration turn_max = milliseconds(50);  // of virtual time per unit of speed, before sockets have their turn
constexpr Duration lag_max = seconds(1);         // of real time; then virtual time has fallen behind
constexpr Duration flush_interval = seconds(1);
constexpr std::size_t told_max = 5;  // violations

Duration real_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

Duration times(Duration duration, double factor) {
  return Duration(static_cast<std::int64_t>(std::llround(static_cast<double>(duration.count()) * factor)));
}

// The virtual time that it should be now.
class Pace {
 public:
  Pace(Instant at, double speed) : virtual_begin_(at), real_begin_(real_now()), speed_(speed) {}

  Instant target() const { return virtual_begin_ + times(real_now() - real_begin_, speed_); }
  // Goes on from `at` if that is too far behind; returns whether it was.
  bool give_way(Instant at) {
    if (target() - at <= times(lag_max, speed_)) return false;
    virtual_begin_ = at;
    real_begin_ = real_now();
    return true;
  }

 private:
  Instant virtual_begin_;
  Duration real_begin_;
  double speed_;
};

void say(Instant at, const std::string& what) {
  std::printf("%s%s\n", stamp(at).c_str(), what.c_str());
  std::fflush(stdout);
}

// The checkers watch the brokers of a session as those of any life.
void tell_violations(const ServedSession& session, std::size_t& told) {
  auto all = session.violations();
  for (; told < std::min(all.size(), told_max); ++told)
    say(session.now(), "a bug of the broker, please report it with the recording: " + all[told].property + ": " +
                           all[told].anomaly + ": " + all[told].text);
}

}  // namespace

std::string stamp(Instant at) {
  char text[40];
  std::snprintf(text, sizeof text, "[%9.3f s] ", static_cast<double>(at.ns / 1'000'000) / 1000);
  return text;
}

int serve_live(ServedSession& session, OutsideSockets& sockets, const LiveOptions& options) {
  auto apply = [&](OutsideEvent event) {
    options.recording << to_line(event);
    session.apply(event);
  };
  Pace pace(session.now(), options.speed);
  auto flushed = real_now(), moved = real_now();
  bool told_slow = false;
  std::size_t violations_told = 0;
  while (HeldSignals::received() == 0) {
    sockets.wait(real_now() - moved < busy_for ? busy_turn : quiet_turn);
    session.run_until(std::min(pace.target(), session.now() + times(turn_max, options.speed)));
    if (sockets.exchange(session, apply)) moved = real_now();
    if (pace.give_way(session.now()) && !std::exchange(told_slow, true))
      say(session.now(), "this machine is too slow for the speed: virtual time falls behind");
    if (session.world().stuck()) {
      say(session.now(), "the simulated world is caught in a loop: the session ends");
      break;
    }
    if (real_now() - flushed < flush_interval) continue;
    flushed = real_now();
    tell_violations(session, violations_told);
    options.recording.flush();
    if (!options.recording) break;
  }
  tell_violations(session, violations_told);
  auto hash = session.hash();
  options.recording << to_line(RecordingEnd{session.now(), hash, session.world().trace().events()}) << std::flush;
  if (!options.recording) {
    std::fprintf(stderr, "fulmar-sim: %s can't be written: the session ends\n", options.recording_file.c_str());
    return exit_unwritten;
  }
  std::printf(
      "\nthe session lasted %.3f s of virtual time; trace hash %016llx; replay it with\n  fulmar-sim replay %s\n",
      static_cast<double>(session.now().ns / 1'000'000) / 1000, static_cast<unsigned long long>(hash),
      options.recording_file.c_str());
  return 0;
}

}  // namespace fulmar
