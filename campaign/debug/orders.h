// What the debugger and the processes that play the life for it say to each other, over pipes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace fulmar {

constexpr std::size_t debug_words_max = 200;  // of what is asked for, with its end

struct DebugOrder {
  enum class Kind : std::uint8_t {
    to_event,   // play until so many events have happened
    to_time,    // play until the next event is at that time (ns) or later
    next,       // play until something of the kind that `words` names has happened
    show,       // print what `words` ask for
    keep,       // the answer to `wants_checkpoint`: in this slot
    keep_none,  // likewise: go on without
  };
  Kind kind = Kind::to_event;
  std::uint64_t number = 0;
  char words[debug_words_max] = {};
};

struct DebugReply {
  enum class Kind : std::uint8_t {
    arrived,           // it has stopped, and waits for an order
    shown,             // likewise
    wants_checkpoint,  // it asks whether to leave a copy of itself here
    checkpoint,        // a copy waits in the slot `number`
  };
  Kind kind = Kind::arrived;
  bool ended = false;        // the life is over
  pid_t pid = 0;             // of the process that stopped, or of the copy
  std::uint64_t number = 0;  // of a slot
  std::uint64_t events = 0;  // that have happened
  std::int64_t at = 0;       // the time of the next event; at the end: of the last
  std::uint64_t hash = 0;    // the trace's
};

}  // namespace fulmar
