// HeldSignals: while it exists, SIGINT and SIGTERM do not end the process but are noted, so that a command that plays
// lives in several turns (run_in_workers() notes them itself) can finish with what it has.
#pragma once

#include <csignal>

namespace fulmar {

// At most one exists at a time.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // The last one that came outside of run_in_workers(); 0: none.
  static int received();

 private:
  struct sigaction before_interrupt_{};
  struct sigaction before_termination_{};
};

}  // namespace fulmar
