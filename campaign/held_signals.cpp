#include "campaign/held_signals.h"

namespace fulmar {

namespace {

volatile std::sig_atomic_t last = 0;

}  // namespace

HeldSignals::HeldSignals() {
  last = 0;
  struct sigaction note{};
  note.sa_handler = [](int signal) { last = signal; };
  sigaction(SIGINT, &note, &before_interrupt_);
  sigaction(SIGTERM, &note, &before_termination_);
}

HeldSignals::~HeldSignals() {
  sigaction(SIGINT, &before_interrupt_, nullptr);
  sigaction(SIGTERM, &before_termination_, nullptr);
}

int HeldSignals::received() {
  return last;
}

}  // namespace fulmar
