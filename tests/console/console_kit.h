// What tests of the console need: a cluster whose brokers serve it, and its answers as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/admin/admin_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {

using Shown = nlohmann::json;

inline Properties with_console() {
  return with_admin({{"admin.http.console", "true"}});
}

// The token is read by who runs the process, here nobody: none is needed.
inline Properties with_changes(Properties more = {}) {
  more.insert({{"admin.http.console", "true"},
               {"admin.http.console.changes", "true"},
               {"admin.http.token.file", "/etc/token"}});
  return with_admin(std::move(more));
}

// Three brokers; broker 1 is asked unless another is named.
struct ConsoleCluster {
  explicit ConsoleCluster(std::uint64_t seed, int count = 3, Properties properties = with_console())
      : brokers(seed, count, std::move(properties)) {}

  SocketAddress at(int id = 1) { return {brokers.broker(id).address(), admin_port}; }
  AdminPage page(Host& host, const std::string& target, int id = 1) {
    return admin_page(host, at(id), "/console/api/" + target);
  }
  // An answer that succeeds.
  Shown shown(Host& host, const std::string& target, int id = 1) {
    auto got = page(host, target, id);
    EXPECT_EQ(got.status, 200) << target << ": " << got.body;
    return Shown::parse(got.body, nullptr, false);
  }
  // What the answer says is wrong; its status must be this one.
  std::string refusal(Host& host, const std::string& target, int status) {
    auto got = page(host, target);
    EXPECT_EQ(got.status, status) << target << ": " << got.body;
    auto said = Shown::parse(got.body, nullptr, false);
    return said.is_object() ? said.value("error", "") : "no JSON: " + got.body;
  }

  // The change is asked for as the page does it.
  AdminPage change(Host& host, const std::string& name, const Shown& body,
                   const std::string& headers = "Content-Type: application/json\r\n") {
    const auto text = body.is_string() ? body.get<std::string>() : body.dump();
    return admin_page(host, at(), "/console/api/changes/" + name,
                      headers + "Content-Length: " + std::to_string(text.size()) + "\r\n", "POST", text);
  }
  // What was done.
  Shown changed(Host& host, const std::string& name, const Shown& body) {
    auto got = change(host, name, body);
    EXPECT_EQ(got.status, 200) << name << ": " << got.body;
    return Shown::parse(got.body, nullptr, false);
  }
  // Why it was not made; the answer's status must be this one.
  std::string unchanged(Host& host, const std::string& name, const Shown& body, int status) {
    auto got = change(host, name, body);
    EXPECT_EQ(got.status, status) << name << ": " << got.body;
    auto said = Shown::parse(got.body, nullptr, false);
    return said.is_object() ? said.value("error", "") : "no JSON: " + got.body;
  }

  BrokerCluster brokers;
};

inline std::vector<std::string> codes_of(const Shown& wrong) {
  std::vector<std::string> codes;
  for (const auto& one : wrong) codes.push_back(one["code"]);
  return codes;
}

}  // namespace fulmar
