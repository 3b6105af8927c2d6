#include "runtime/real/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace fulmar {

namespace {

// An empty variable counts as one that is not set, as for libsystemd.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<std::int64_t> number(const char* name, const std::string& text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0)
    return fail(Errc::invalid_argument, std::string(name) + "=" + text + " in the environment is no positive number");
  return value;
}

// The watchdog may be meant for another process, which started this one.
Result<std::optional<Duration>> watchdog_of_environment() {
  auto interval = variable("WATCHDOG_USEC");
  if (interval.empty()) return std::nullopt;
  FULMAR_TRY(auto microseconds, number("WATCHDOG_USEC", interval));
  if (auto whose = variable("WATCHDOG_PID"); !whose.empty()) {
    FULMAR_TRY(auto process, number("WATCHDOG_PID", whose));
    if (process != getpid()) return std::nullopt;
  }
  constexpr std::int64_t longest = std::int64_t{24} * 3600 * 1'000'000;  // what is longer watches nothing
  return Duration(std::min(microseconds, longest) * 1000);
}

}  // namespace

Result<ServiceManager> ServiceManager::from_environment() {
  ServiceManager manager;
  manager.address_ = variable("NOTIFY_SOCKET");
  if (manager.address_.empty()) return manager;
  bool known = manager.address_.front() == '/' || manager.address_.front() == '@';
  if (!known || manager.address_.size() >= sizeof(sockaddr_un::sun_path))
    return fail(Errc::invalid_argument, "NOTIFY_SOCKET=" + manager.address_ + " in the environment is no local socket");
  FULMAR_TRY(manager.watchdog_, watchdog_of_environment());
  manager.socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (manager.socket_ < 0)
    return fail(Errc::io_error, std::string("no socket for notices to NOTIFY_SOCKET: ") + std::strerror(errno));
  return manager;
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), address_(std::move(other.address_)), watchdog_(other.watchdog_) {}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

Result<void> ServiceManager::notify(const std::string& lines) const {
  if (!is_there()) return {};
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  auto sent = sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), length);
  if (sent < 0) return fail(Errc::io_error, address_ + ": " + std::strerror(errno));
  return {};
}

}  // namespace fulmar
