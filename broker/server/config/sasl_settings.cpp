#include "broker/server/config/sasl_settings.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "broker/security/sasl/jaas.h"
#include "broker/server/config/broker_config.h"

namespace fulmar {

namespace {

constexpr std::string_view listener_prefix = "listener.name.";
constexpr std::string_view jaas_property = "sasl.jaas.config";
constexpr std::string_view mechanisms_property = "sasl.enabled.mechanisms";
constexpr std::string_view reauth_property = "connections.max.reauth.ms";
constexpr std::string_view user_prefix = "user_";  // of a login module's option

using JaasOptions = std::map<std::string, std::string>;

constexpr PropertyInfo of_mechanism[] = {
    {jaas_property, PropertyType::password, "", 0, 0, "", "The login module of the mechanism."},
};

std::string lower(std::string_view text) {
  std::string changed(text);
  std::ranges::transform(changed, changed.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return changed;
}

std::unexpected<Error> invalid(std::string_view name, const std::string& why) {
  return fail(Errc::invalid_argument, "Invalid value for configuration " + std::string(name) + ": " + why);
}

std::optional<SaslMechanism> mechanism_in_lower_case(std::string_view name) {
  for (auto mechanism : sasl_mechanisms)
    if (lower(to_string(mechanism)) == name) return mechanism;
  return std::nullopt;
}

// The login module's class name without its package.
std::string_view module_of(SaslMechanism mechanism) {
  switch (mechanism) {
    case SaslMechanism::plain: return "PlainLoginModule";
    case SaslMechanism::oauthbearer: return "OAuthBearerLoginModule";
    case SaslMechanism::scram_sha_256:
    case SaslMechanism::scram_sha_512: return "ScramLoginModule";
  }
  return "";
}

// The properties as one listener sees them.
class ListenerView {
 public:
  ListenerView(const Properties& properties, std::string_view listener)
      : properties_(properties), prefix_(std::string(listener_prefix) + lower(listener) + ".") {}

  struct Setting {
    std::string name;
    std::string_view value;  // empty: it is not set, and has no default
  };
  Setting of(std::string_view name) const {
    auto own = prefix_ + std::string(name);
    if (auto found = properties_.find(own); found != properties_.end()) return {own, found->second};
    return of_all(std::string(name));
  }
  Setting of(std::string_view name, SaslMechanism mechanism) const {
    auto with_mechanism = lower(to_string(mechanism)) + "." + std::string(name);
    auto own = prefix_ + with_mechanism;
    if (auto found = properties_.find(own); found != properties_.end()) return {own, found->second};
    if (auto found = properties_.find(with_mechanism); found != properties_.end())
      return {with_mechanism, found->second};
    return name == jaas_property ? Setting{own, {}} : of(name);
  }

 private:
  Setting of_all(const std::string& name) const {
    auto found = properties_.find(name);
    if (found != properties_.end()) return {name, found->second};
    const auto* info = find_broker_property(name);
    return {name, info ? info->default_value : std::string_view()};
  }

  const Properties& properties_;
  std::string prefix_;
};

Result<std::vector<SaslMechanism>> parse_mechanisms(const ListenerView::Setting& setting) {
  std::vector<SaslMechanism> mechanisms;
  for (auto name : split_list(setting.value)) {
    auto mechanism = parse_sasl_mechanism(name);
    if (!mechanism)
      return invalid(setting.name, std::string(name) +
                                       " is not served; set it to some of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and "
                                       "OAUTHBEARER");
    if (std::ranges::find(mechanisms, *mechanism) == mechanisms.end()) mechanisms.push_back(*mechanism);
  }
  if (mechanisms.empty()) return invalid(setting.name, "a listener with SASL needs at least one mechanism");
  return mechanisms;
}

// The options of a mechanism's login module; nullopt: none is set.
Result<std::optional<JaasEntry>> read_login_module(const ListenerView::Setting& setting, SaslMechanism mechanism) {
  if (setting.value.empty()) return std::optional<JaasEntry>();
  auto entry = parse_jaas(setting.value);
  if (!entry) return invalid(setting.name, entry.error().detail);
  auto dot = entry->module.rfind('.');
  if (entry->module.substr(dot + 1) != module_of(mechanism))
    return invalid(setting.name, "the login module of " + std::string(to_string(mechanism)) + " is " +
                                     std::string(module_of(mechanism)));
  return std::optional(std::move(*entry));
}

Result<PlainUsers> read_plain_users(const ListenerView::Setting& setting, const std::optional<JaasEntry>& entry) {
  PlainUsers users;
  if (entry)
    for (const auto& [name, password] : entry->options)
      if (name.starts_with(user_prefix) && name.size() > user_prefix.size() && !password.empty())
        users.add(name.substr(user_prefix.size()), password);
  if (users.empty())
    return invalid(setting.name,
                   "PLAIN needs users: org.apache.kafka.common.security.plain.PlainLoginModule required "
                   "user_NAME=\"PASSWORD\";");
  return users;
}

Result<TokenRules> read_token_rules(const ListenerView& view) {
  auto text = [&](std::string_view name) { return std::string(view.of(name).value); };
  auto is_true = [&](std::string_view name) { return view.of(name).value == "true"; };
  TokenRules rules;
  rules.issuer = text("sasl.oauthbearer.expected.issuer");
  for (auto audience : split_list(view.of("sasl.oauthbearer.expected.audience").value))
    rules.audiences.emplace_back(audience);
  rules.clock_skew = seconds(parse_integer(text("sasl.oauthbearer.clock.skew.seconds")).value());
  rules.subject_claim = text("sasl.oauthbearer.sub.claim.name");
  rules.scope_claim = text("sasl.oauthbearer.scope.claim.name");
  if (rules.issuer.empty() && !is_true("sasl.oauthbearer.allow.unverified.issuer"))
    return invalid("sasl.oauthbearer.expected.issuer",
                   "must be set, or tokens of anybody whose keys are known are let in: set "
                   "sasl.oauthbearer.allow.unverified.issuer to true if that is wanted");
  if (rules.audiences.empty() && !is_true("sasl.oauthbearer.allow.unverified.audience"))
    return invalid("sasl.oauthbearer.expected.audience",
                   "must be set, or tokens that are meant for others are let in: set "
                   "sasl.oauthbearer.allow.unverified.audience to true if that is wanted");
  return rules;
}

}  // namespace

Result<SaslSettings> SaslSettings::from(const Properties& properties, std::string_view listener) {
  ListenerView view(properties, listener);
  auto number = [&](std::string_view name) { return parse_integer(view.of(name).value).value(); };
  SaslSettings settings;
  FULMAR_TRY(settings.mechanisms, parse_mechanisms(view.of(mechanisms_property)));
  for (auto mechanism : settings.mechanisms) {
    auto module = view.of(jaas_property, mechanism);
    FULMAR_TRY(auto entry, read_login_module(module, mechanism));
    if (mechanism == SaslMechanism::plain) {
      FULMAR_TRY(settings.plain_users, read_plain_users(module, entry));
    } else if (mechanism == SaslMechanism::oauthbearer) {
      FULMAR_TRY(settings.token_rules, read_token_rules(view));
      FULMAR_TRY(settings.token_keys, TokenKeySource::from(properties, entry ? entry->options : JaasOptions()));
    }
    settings.session_max[mechanism] = milliseconds(parse_integer(view.of(reauth_property, mechanism).value).value());
  }
  settings.message_bytes_max = static_cast<std::int32_t>(number("sasl.server.max.receive.size"));
  settings.failure_delay = milliseconds(number("connection.failed.authentication.delay.ms"));
  return settings;
}

Result<std::optional<TokenKeySource>> token_key_source(const Properties& properties,
                                                       const std::vector<ListenerConfig>& listeners) {
  std::optional<TokenKeySource> source;
  for (const auto& listener : listeners) {
    if (!uses_sasl(listener.protocol)) continue;
    FULMAR_TRY(auto settings, SaslSettings::from(properties, listener.name));
    if (!settings.token_keys) continue;
    if (source && *source != *settings.token_keys)
      return fail(Errc::invalid_argument,
                  "The options ssl.* of OAUTHBEARER's login module must be the same on all listeners: the keys for "
                  "tokens are fetched once for all");
    source = std::move(settings.token_keys);
  }
  return source;
}

const PropertyInfo* find_sasl_listener_property(std::string_view name) {
  if (name.starts_with(listener_prefix)) {
    name.remove_prefix(listener_prefix.size());
    auto dot = name.find('.');
    if (dot == std::string_view::npos || dot == 0) return nullptr;
    name.remove_prefix(dot + 1);
    if (name == mechanisms_property) return find_broker_property(name);
  }
  auto dot = name.find('.');
  if (dot == std::string_view::npos || !mechanism_in_lower_case(name.substr(0, dot))) return nullptr;
  name.remove_prefix(dot + 1);
  if (name == reauth_property) return find_broker_property(name);
  return find_property(of_mechanism, name);
}

}  // namespace fulmar
