// Brokers: finds the broker for a client's request, and a connection to it.
//
// Connections are shared: a replaced one lives until its last user releases it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/client/client_error.h"
#include "broker/client/client_security.h"
#include "broker/client/connection.h"
#include "broker/client/connector.h"
#include "broker/security/sasl/scram_credential.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

class Brokers {
 public:
  using Connection = std::shared_ptr<ClientConnection>;
  virtual ~Brokers() = default;

  // To the leader of a partition. All of these may be called by several fibers at once. Errors: those of a connection;
  // the cluster's errors for the partition.
  virtual Answer<Connection> leader(const std::string& topic, std::int32_t partition, Deadline deadline) = 0;
  // To a broker by its id, which a response has named.
  virtual Answer<Connection> broker(std::int32_t id, Deadline deadline) = 0;
  // To a broker that can be reached.
  virtual Answer<Connection> any(Deadline deadline) = 0;
  // A response, or its absence, showed that the leader may have changed.
  virtual void doubt_leader(const std::string& topic, std::int32_t partition) = 0;
  // Whether a response arrived that belongs to no request, which a broker must never send.
  virtual bool saw_wrong_answer() const = 0;
};

// A password that may change while a client lives: asked for whenever it authenticates.
using PasswordSource = std::function<std::string()>;

// BrokerLink: the connection to one broker, opened on demand, and again when it has broken. When its session is about
// to end, it authenticates again, on the same connection.
class BrokerLink {
 public:
  // The host may be a name. `password`: if there is one, in place of security.password. `salted`: shared by the links
  // of a client.
  BrokerLink(Host& host, SocketAddress address, std::string client_id, ClientSecurity security = {},
             PasswordSource password = {},
             std::shared_ptr<SaltedPasswords> salted = std::make_shared<SaltedPasswords>())
      : host_(host),
        address_(std::move(address)),
        client_id_(std::move(client_id)),
        security_(std::move(security)),
        password_(std::move(password)),
        salted_(std::move(salted)),
        connector_(host, uses_tls(security_.protocol), security_.tls.settings) {}

  // Fibers may call at once. Errors: as Network::resolve, Connector::connect, ClientConnection::open and
  // authenticate(), of each address of the name.
  Answer<Brokers::Connection> open(Deadline deadline);
  bool is_open() const;
  bool saw_wrong_answer() const { return wrong_answer_ || (connection_ && connection_->saw_wrong_answer()); }

 private:
  Answer<Brokers::Connection> open_at(const SocketAddress& address, Deadline deadline);
  Answer<void> begin_session(ClientConnection& connection, Deadline deadline);

  Host& host_;
  SocketAddress address_;
  std::string client_id_;
  ClientSecurity security_;
  PasswordSource password_;
  std::shared_ptr<SaltedPasswords> salted_;
  Connector connector_;
  Mutex opening_;
  Brokers::Connection connection_;
  Instant again_at_ = Instant::max();  // it has to authenticate again, before its session ends
  bool wrong_answer_ = false;
};

// All partitions are led by the one broker whose address is given.
class OneBroker final : public Brokers {
 public:
  OneBroker(Host& host, SocketAddress address, std::string client_id, ClientSecurity security = {})
      : link_(host, std::move(address), std::move(client_id), std::move(security)) {}

  Answer<Connection> leader(const std::string&, std::int32_t, Deadline deadline) override {
    return link_.open(deadline);
  }
  Answer<Connection> broker(std::int32_t, Deadline deadline) override { return link_.open(deadline); }
  Answer<Connection> any(Deadline deadline) override { return link_.open(deadline); }
  void doubt_leader(const std::string&, std::int32_t) override {}
  bool saw_wrong_answer() const override { return link_.saw_wrong_answer(); }

 private:
  BrokerLink link_;
};

}  // namespace fulmar
