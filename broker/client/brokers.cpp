#include "broker/client/brokers.h"

#include "broker/client/authentication.h"
#include "runtime/host/clock.h"

namespace fulmar {

bool BrokerLink::is_open() const {
  return connection_ && !connection_->broken() && host_.clock().now() < replaced_from_;
}

Answer<Brokers::Connection> BrokerLink::open_at(const SocketAddress& address, Deadline deadline) {
  FULMAR_TRY(auto opened, ClientConnection::open(host_, address, client_id_, deadline));
  Brokers::Connection connection = std::move(opened);
  replaced_from_ = Instant::max();
  if (!uses_sasl(security_.protocol)) return connection;
  auto begun = host_.clock().now();
  FULMAR_TRY(auto session_end, authenticate(host_, *connection, security_, deadline));
  // Requests that were sent on it before are still answered.
  if (session_end) replaced_from_ = begun + (*session_end - begun) / 10 * 8;
  return connection;
}

Answer<Brokers::Connection> BrokerLink::open(Deadline deadline) {
  LockGuard one_at_a_time(opening_);
  if (is_open()) return connection_;
  wrong_answer_ = saw_wrong_answer();
  FULMAR_TRY(auto addresses, host_.network().resolve(address_.host, address_.port, deadline));
  ClientError why(ErrorCode::network_exception, "");
  for (const auto& address : addresses) {
    auto opened = open_at(address, deadline);
    if (opened) {
      connection_ = std::move(*opened);
      return connection_;
    }
    auto before = std::move(why.detail);
    why = ClientError(std::move(opened).error());
    if (!before.empty()) why.detail = before + "; " + why.detail;
  }
  return std::unexpected(std::move(why));
}

}  // namespace fulmar
