// Nobody learns from what a broker does who exists: for a user that there is not it goes the same way through all that
// takes time, the hash functions, as for one whose password is wrong. Each of their basic blocks is noted.
#include <gtest/gtest.h>

#include <vector>

#include "broker/cluster/scram_users.h"
#include "broker/security/sasl/plain.h"
#include "broker/security/sasl/scram.h"
#include "runtime/base/base64.h"

namespace {
std::vector<void*> path;
}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  path.push_back(__builtin_return_address(0));
}

namespace fulmar {
namespace {

using namespace std::string_literals;
using Path = std::vector<void*>;

Path path_of_plain(const PlainUsers& users, const std::string& name, const std::string& password) {
  PlainServer server(users);
  path.clear();
  EXPECT_FALSE(server.answer("\0"s + name + "\0"s + password));
  return path;
}

TEST(EqualPaths, APasswordOfPlainIsHashedAndComparedWhetherTheUserExistsOrNot) {
  PlainUsers users;
  for (int n = 0; n < 1000; ++n) users.add("user" + std::to_string(n), "secret");
  auto known = path_of_plain(users, "user7", "wrong");
  EXPECT_GT(known.size(), 5u);
  EXPECT_EQ(path_of_plain(users, "nobody", "wrong"), known);
  EXPECT_EQ(path_of_plain(users, "nobody", "secret"), known) << "another's password";
  EXPECT_EQ(path_of_plain(users, "user7", "secreT"), known) << "nor does it tell how much of it is right";
}

struct Paths {
  Path first;
  Path last;
  bool operator==(const Paths&) const = default;
};

// Of an exchange whose proof is wrong.
Paths paths_of_scram(ScramMechanism mechanism, const ScramUsers& users, const std::string& name) {
  const ScramCredential nobody{.salt = "0123456789", .stored_key = "s", .server_key = "k", .iterations = 4096};
  ScramServer server(
      mechanism, [&](std::string_view user) { return users.look_up(user, mechanism, nobody); }, "server");
  Paths paths;
  path.clear();
  EXPECT_TRUE(server.answer("n,,n=" + name + ",r=client"));
  paths.first = path;
  const std::string proof(mechanism == ScramMechanism::sha_256 ? 32 : 64, 'p');
  path.clear();
  EXPECT_FALSE(server.answer("c=biws,r=clientserver,p=" + to_base64(proof)));
  paths.last = path;
  return paths;
}

TEST(EqualPaths, AnExchangeOfScramHashesAsMuchWhetherTheUserExistsOrNot) {
  for (auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512}) {
    ScramUsers users;
    for (const auto* name : {"alice", "bob"}) {
      auto salted = salted_password(mechanism, "secret", "abcdefghij", 4096);
      users.put(name, mechanism, credential_of_salted(mechanism, salted, "abcdefghij", 4096));
    }
    auto known = paths_of_scram(mechanism, users, "alice");
    EXPECT_GT(known.first.size(), 2u);
    EXPECT_GT(known.last.size(), 5u);
    EXPECT_EQ(paths_of_scram(mechanism, users, "bob"), known);
    EXPECT_EQ(paths_of_scram(mechanism, users, "nobody"), known);
    EXPECT_EQ(paths_of_scram(mechanism, users, "somebody with a longer name"), known);
  }
}

}  // namespace
}  // namespace fulmar
