// PLAIN (RFC 4616): the client sends its name and its password as they are, so it is for listeners with TLS.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "broker/security/sasl/exchange.h"

namespace fulmar {

// Names and passwords, of which only hashes are kept.
class PlainUsers {
 public:
  void add(std::string name, std::string_view password);
  // Takes as long for a name that there is not.
  bool has(std::string_view name, std::string_view password) const;
  bool empty() const { return hashes_.empty(); }
  bool operator==(const PlainUsers&) const = default;

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
};

class PlainServer final : public SaslServer {
 public:
  // `users` must outlive it.
  explicit PlainServer(const PlainUsers& users) : users_(users) {}

  // The answer is empty.
  Result<std::string, SaslFailure> answer(std::string_view message) override;
  const SaslIdentity* identity() const override { return identity_ ? &*identity_ : nullptr; }

 private:
  const PlainUsers& users_;
  std::optional<SaslIdentity> identity_;
};

class PlainClient final : public SaslClient {
 public:
  PlainClient(std::string name, std::string password) : name_(std::move(name)), password_(std::move(password)) {}

  // Errors: also invalid_argument, at first, if the name or the password is empty or holds a zero byte.
  Result<std::string> respond(std::string_view answer) override;
  bool complete() const override { return complete_; }

 private:
  std::string name_;
  std::string password_;
  bool sent_ = false;
  bool complete_ = false;
};

}  // namespace fulmar
