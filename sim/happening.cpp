#include "sim/happening.h"

namespace fulmar {

std::string_view name_of(Happening::Kind kind) {
  switch (kind) {
    case Happening::Kind::sent: return "sent";
    case Happening::Kind::received: return "received";
    case Happening::Kind::disk: return "disk";
    case Happening::Kind::sync: return "sync";
    case Happening::Kind::process: return "process";
    case Happening::Kind::fault: return "fault";
    case Happening::Kind::log: return "log";
    case Happening::Kind::client: return "client";
    case Happening::Kind::state: return "state";
  }
  return "?";
}

}  // namespace fulmar
