// Result<T>: errors that the environment or a peer can cause, as a value. An ignored Result does not compile.
//
// Errors of the runtime (files, sockets, time) are `Error`; the broker turns them into Kafka error codes at its edge.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace fulmar {

enum class Errc : unsigned char {
  io_error,          // the device failed; for a sync: the data may be lost
  no_space,          // the disk or a quota is full; nothing new was written
  no_resources,      // out of descriptors, memory or buffers of the system; nothing new was written
  not_found,         // no such file or directory
  exists,            // there is a file of that name already
  corrupt,           // the bytes are not those once written, or violate the format
  out_of_range,      // an offset or a size beyond what exists
  too_large,         // beyond a named limit
  invalid_argument,  // an impossible value
  unsupported,       // well-formed, but not served here
  timed_out,         // the deadline passed first
  closed,            // closed by us, or an orderly end of stream by the peer
  reset,             // the peer or the network broke the connection
  refused,           // nobody listens at the address
  unreachable,       // no route, or no such host
  address_in_use,    // the address is in use
  in_doubt,          // requested, but the result is unknown: it may be done, now or later
};

// The name of an error code, as printed in logs: "no_space".
const char* errc_name(Errc code) noexcept;
// Whether a resource is short that may become available: the same call may succeed later.
constexpr bool is_shortage(Errc code) noexcept {
  return code == Errc::no_space || code == Errc::no_resources;
}

struct Error {
  Errc code;
  std::string detail;  // for people: the operation, its object, and the system's message
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
