#include "broker/server/config/listener_settings.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "broker/server/config/property_values.h"

namespace fulmar {

namespace {

std::string upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

// A property whose value is being read, for its errors.
struct Given {
  std::string_view name;
  std::string_view value;
  std::unexpected<Error> refused(const std::string& why) const { return invalid_value(name, value, why); }
};

struct NamedAddress {
  std::string name;
  SocketAddress address;
};

Result<std::vector<NamedAddress>> parse_addresses(const Given& given) {
  std::vector<NamedAddress> listeners;
  for (auto part : split_list(given.value)) {
    auto colon = part.find("://");
    if (colon == std::string_view::npos || colon == 0) return given.refused("must be NAME://HOST:PORT,...");
    auto name = upper(part.substr(0, colon));
    bool known = std::ranges::find(listeners, name, &NamedAddress::name) != listeners.end();
    if (known) return given.refused("Each listener must have a different name");
    auto address = parse_host_port(part.substr(colon + 3));
    if (!address) return given.refused(address.error().detail);
    if (listeners.size() == ListenerSettings::listeners_max)
      return given.refused("names more than " + std::to_string(ListenerSettings::listeners_max) + " listeners");
    listeners.push_back({std::move(name), std::move(*address)});
  }
  return listeners;
}

// Two listeners at different addresses of the machine may have the same port, which Kafka does not allow.
Result<void> check_ports(const Given& given, const std::vector<NamedAddress>& listeners) {
  for (std::size_t i = 0; i < listeners.size(); ++i)
    for (std::size_t j = i + 1; j < listeners.size(); ++j) {
      const auto& one = listeners[i].address;
      const auto& other = listeners[j].address;
      bool same_host = one.host == other.host || means_any_address(one) || means_any_address(other);
      if (one.port != 0 && one.port == other.port && same_host)
        return given.refused("Each listener must have a different port");
    }
  return {};
}

using Protocols = std::map<std::string, SecurityProtocol>;

Result<Protocols> parse_protocols(const Given& given) {
  Protocols protocols{{std::string(internal_listener), SecurityProtocol::plaintext}};
  std::vector<std::string> named;
  for (auto part : split_list(given.value)) {
    auto colon = part.find(':');
    if (colon == std::string_view::npos || colon == 0) return given.refused("must be NAME:PROTOCOL,...");
    auto name = upper(trim(part.substr(0, colon)));
    auto protocol_name = trim(part.substr(colon + 1));
    auto protocol = parse_security_protocol(protocol_name);
    if (!protocol)
      return given.refused("there is no security protocol " + std::string(protocol_name) +
                           "; there are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL");
    if (std::ranges::find(named, name) != named.end()) return given.refused("names " + name + " twice");
    if (name == internal_listener && uses_sasl(*protocol))
      return given.refused("the INTERNAL listener is PLAINTEXT or SSL; cluster.secret.file guards it as well");
    named.push_back(name);
    protocols.insert_or_assign(std::move(name), *protocol);
  }
  return protocols;
}

std::string names_of(const std::vector<NamedAddress>& listeners) {
  std::string names;
  for (const auto& listener : listeners) names += (names.empty() ? "" : ",") + listener.name;
  return names;
}

// An advertised address that was not given is the listener's own, which is told to clients only if it says where.
Result<void> check_can_be_told(const ListenerConfig& listener, const Given& listeners, const Given& advertised,
                               bool is_given) {
  if (!means_any_address(listener.advertise)) return {};
  return (is_given ? advertised : listeners)
      .refused("clients can't connect to an address that means any; set advertised.listeners to one they can");
}

}  // namespace

bool means_any_address(const SocketAddress& address) {
  return address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
}

Result<ListenerSettings> ListenerSettings::from(const Properties& properties) {
  auto given = [&](std::string_view name) { return Given{name, value_of(properties, name)}; };
  const auto listeners = given("listeners");
  const auto advertised = given("advertised.listeners");
  FULMAR_TRY(auto listen, parse_addresses(listeners));
  FULMAR_TRY_VOID(check_ports(listeners, listen));
  FULMAR_TRY(auto told, parse_addresses(advertised));
  FULMAR_TRY(auto protocols, parse_protocols(given("listener.security.protocol.map")));
  for (const auto& one : told)
    if (std::ranges::find(listen, one.name, &NamedAddress::name) == listen.end())
      return advertised.refused("names " + one.name + ", which `listeners` does not; it has " + names_of(listen));
  for (const auto& [name, value] : properties) {
    auto own = listener_property(name);
    auto is_it = [&](const NamedAddress& listener) { return listener.name == upper(own->listener); };
    if (own && std::ranges::none_of(listen, is_it))
      return invalid_value(name, value, "there is no listener " + upper(own->listener));
  }
  ListenerSettings settings;
  for (const auto& [name, address] : listen) {
    auto protocol = protocols.find(name);
    if (protocol == protocols.end())
      return listeners.refused("No security protocol defined for listener " + name +
                               "; name it in listener.security.protocol.map");
    auto said = std::ranges::find(told, name, &NamedAddress::name);
    FULMAR_TRY(auto tls, ListenerTls::from(properties, name));
    ListenerConfig listener{name, protocol->second, address, said == told.end() ? address : said->address,
                            std::move(tls)};
    if (uses_tls(listener.protocol)) FULMAR_TRY_VOID(listener.tls.check());
    if (name == internal_listener) {
      listener.tls.settings.client_auth = ClientAuth::required;  // both ends are brokers
      settings.internal = std::move(listener);
      continue;
    }
    FULMAR_TRY_VOID(check_can_be_told(listener, listeners, advertised, said != told.end()));
    settings.clients.push_back(std::move(listener));
  }
  if (settings.clients.empty())
    return listeners.refused("must have a listener for clients, such as PLAINTEXT://HOST:PORT");
  return settings;
}

}  // namespace fulmar
