// What tests of the admin listener need: its pages as a client gets them, and the samples in the text of metrics.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string>

#include "broker/cluster/properties.h"
#include "runtime/host/clock.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

inline constexpr std::uint16_t admin_port = 9644;

inline Properties with_admin(Properties more = {}) {
  more["admin.http.listener"] = ":" + std::to_string(admin_port);
  return more;
}

struct AdminPage {
  int status = 0;  // 0: there was no response
  std::string head;
  std::string body;
};

// `headers`: whole lines, Content-Length among them if there is a `body`. Asks for the connection to be closed.
inline AdminPage admin_page(Host& host, const SocketAddress& at, const std::string& target,
                            const std::string& headers = "", const std::string& method = "GET",
                            const std::string& body = "") {
  auto deadline = host.clock().deadline_in(seconds(30));
  auto connection = host.network().connect(at, deadline);
  if (!connection) return {};
  auto request = method + " " + target + " HTTP/1.1\r\nHost: " + to_string(at) + "\r\nConnection: close\r\n" + headers +
                 "\r\n" + body;
  if (!(*connection)->write(ByteChain(Bytes::copy_of(request)), deadline)) return {};
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto count = (*connection)->read(buffer, deadline);
    if (!count || *count == 0) break;
    all.append(buffer.data(), *count);
  }
  auto end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
  return {std::atoi(all.c_str() + 9), all.substr(0, end), all.substr(end + 4)};
}

// The samples of a page, by name and labels as they are written: fulmar_groups{type="classic",state="Empty"}.
inline std::map<std::string, double> samples_in(const std::string& text) {
  std::map<std::string, double> samples;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    EXPECT_NE(end, std::string::npos) << "the last line has no end";
    if (end == std::string::npos) break;
    auto line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    auto blank = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, blank), std::atof(line.c_str() + blank + 1)).second)
        << line << " comes twice";
  }
  return samples;
}

inline std::map<std::string, double> scrape(Host& host, const SocketAddress& at, const std::string& query = "") {
  auto page = admin_page(host, at, "/metrics" + query);
  EXPECT_EQ(page.status, 200) << page.body;
  return samples_in(page.body);
}

}  // namespace fulmar
