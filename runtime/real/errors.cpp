#include "runtime/real/errors.h"

#include <cerrno>
#include <system_error>

namespace fulmar {

namespace {

Errc errc_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return Errc::no_space;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return Errc::no_resources;
    case ENOENT: return Errc::not_found;
    case EEXIST:
    case ENOTEMPTY: return Errc::exists;
    case EINVAL:
    case EISDIR:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EROFS:
    case ENAMETOOLONG: return Errc::invalid_argument;
    case ETIMEDOUT: return Errc::timed_out;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED: return Errc::reset;
    case ECONNREFUSED: return Errc::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL: return Errc::unreachable;
    case EADDRINUSE: return Errc::address_in_use;
    default: return Errc::io_error;
  }
}

}  // namespace

std::unexpected<Error> system_error(int number, std::string_view what) {
  return fail(errc_of(number), std::string(what) + ": " + std::generic_category().message(number));
}

}  // namespace fulmar
