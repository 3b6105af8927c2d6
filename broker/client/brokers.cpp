#include "broker/client/brokers.h"

namespace fulmar {

Answer<Brokers::Connection> BrokerLink::open(Deadline deadline) {
  LockGuard one_at_a_time(opening_);
  if (is_open()) return connection_;
  wrong_answer_ = saw_wrong_answer();
  FULMAR_TRY(auto addresses, host_.network().resolve(address_.host, address_.port, deadline));
  ClientError why(ErrorCode::network_exception, "");
  for (const auto& address : addresses) {
    auto opened = ClientConnection::open(host_, address, client_id_, deadline);
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
