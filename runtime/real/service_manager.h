// ServiceManager: the program that started this process and waits for its notices, such as systemd: the protocol of
// sd_notify(3), a datagram of NAME=VALUE lines to the socket that the environment names. Who was started by hand has
// none, and nothing is sent.
#pragma once

#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class ServiceManager {
 public:
  // As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say; to be called while the process has one thread. Errors:
  // invalid_argument, if one of them can't be understood; io_error, if there are no sockets.
  static Result<ServiceManager> from_environment();

  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  bool is_there() const { return socket_ >= 0; }
  // Within which time each WATCHDOG=1 has to follow the one before; nullopt if it is not waited for.
  std::optional<Duration> watchdog() const { return watchdog_; }
  // Sends the lines (READY=1, STATUS=...) in one datagram; never waits. Any thread may call it. Errors: io_error,
  // where nobody listens, or the socket is full; then nothing was sent.
  Result<void> notify(const std::string& lines) const;

 private:
  ServiceManager() = default;

  int socket_ = -1;      // -1: there is nobody
  std::string address_;  // a path; or a name in the abstract namespace, which begins with '@'
  std::optional<Duration> watchdog_;
};

}  // namespace fulmar
