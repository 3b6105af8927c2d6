// Result<T>: what the world or a peer can do to us, as a value. An ignored Result does not compile.
//
// Errors of the runtime (files, sockets, time) are `Error`; the broker turns them into Kafka error codes at its edge.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace fulmar {

enum class Errc : unsigned char {
  io_error,          // the device failed; for a sync: what it was to write may be gone
  no_space,          // the disk or a quota is full; nothing was written that was not before
  no_resources,      // out of open files, memory or buffers of the system; nothing was written that was not before
  not_found,         // no such file or directory
  exists,            // a file of that name is there already
  corrupt,           // bytes that are not what was once written, or not what the format allows
  out_of_range,      // an offset or a size outside what is there
  too_large,         // beyond a named limit
  invalid_argument,  // a value that can't be meant
  unsupported,       // well-formed, but not served here
  timed_out,         // the deadline passed first
  closed,            // closed by us, or an orderly end of stream by the peer
  reset,             // the peer or the network broke the connection
  refused,           // nobody listens there
  unreachable,       // no route, or no such host
  address_in_use,    // somebody else listens there
  in_doubt,          // asked for, and what came of it is not known: it may be done, or be done yet
};

// The name of an error code, as printed in logs: "no_space".
const char* errc_name(Errc code) noexcept;
// Whether it is for want of what there may be again: the same may succeed later.
constexpr bool is_shortage(Errc code) noexcept {
  return code == Errc::no_space || code == Errc::no_resources;
}

struct Error {
  Errc code;
  std::string detail;  // for people: what was tried, on what, and what the system said
};

// "no_space: write 00000000000000000000.log: No space left on device"
std::string to_string(const Error& error);

template <class T, class E = Error>
class [[nodiscard]] Result : public std::expected<T, E> {
 public:
  using std::expected<T, E>::expected;
};

inline std::unexpected<Error> fail(Errc code, std::string detail = {}) {
  return std::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace fulmar

#define FULMAR_CONCAT_(a, b) a##b
#define FULMAR_CONCAT(a, b) FULMAR_CONCAT_(a, b)
#define FULMAR_TRY_(name, declaration, ...)          \
  auto name = (__VA_ARGS__);                         \
  if (!name.has_value()) [[unlikely]]                \
    return std::unexpected(std::move(name).error()); \
  declaration = *std::move(name)

// FULMAR_TRY(auto file, disk.open(path, mode)); returns the error from the enclosing function, or goes on with the
// value.
#define FULMAR_TRY(declaration, ...) FULMAR_TRY_(FULMAR_CONCAT(try_, __LINE__), declaration, __VA_ARGS__)

// FULMAR_TRY_VOID(file.sync()); the same for a Result<void>, or where the value is not wanted.
#define FULMAR_TRY_VOID(...)                                 \
  do {                                                       \
    auto try_result = (__VA_ARGS__);                         \
    if (!try_result.has_value()) [[unlikely]]                \
      return std::unexpected(std::move(try_result).error()); \
  } while (false)
