#include "runtime/base/result.h"

#include "runtime/base/assert.h"

namespace fulmar {

const char* errc_name(Errc code) noexcept {
  switch (code) {
    case Errc::io_error: return "io_error";
    case Errc::no_space: return "no_space";
    case Errc::no_resources: return "no_resources";
    case Errc::not_found: return "not_found";
    case Errc::exists: return "exists";
    case Errc::corrupt: return "corrupt";
    case Errc::out_of_range: return "out_of_range";
    case Errc::too_large: return "too_large";
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::unsupported: return "unsupported";
    case Errc::timed_out: return "timed_out";
    case Errc::closed: return "closed";
    case Errc::reset: return "reset";
    case Errc::refused: return "refused";
    case Errc::in_doubt: return "in_doubt";
    case Errc::unreachable: return "unreachable";
    case Errc::address_in_use: return "address_in_use";
  }
  FULMAR_UNREACHABLE();
}

std::string to_string(const Error& error) {
  std::string text = errc_name(error.code);
  if (!error.detail.empty()) text += ": " + error.detail;
  return text;
}

}  // namespace fulmar
