#include "broker/replication/change_listeners.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace fulmar {
namespace {

TEST(ChangeListeners, AreToldInTheOrderTheyCame) {
  ChangeListeners listeners;
  std::string told;
  auto first = listeners.add([&] { told += "a"; });
  auto second = listeners.add([&] { told += "b"; });
  listeners.tell();
  first.end();
  listeners.tell();
  EXPECT_EQ(told, "abb");
}

TEST(ChangeListeners, OneThatCameMeanwhileIsToldAndOneThatWentIsNot) {
  ChangeListeners listeners;
  std::string told;
  ChangeListeners::Registration goes, comes;
  auto first = listeners.add([&] {
    told += "a";
    goes.end();
    comes = listeners.add([&] { told += "c"; });
  });
  goes = listeners.add([&] { told += "b"; });
  listeners.tell();
  EXPECT_EQ(told, "ac");
}

TEST(ChangeListeners, AListenerMayEndWhatItListensTo) {
  std::optional<ChangeListeners> listeners(std::in_place);
  std::string told;
  auto first = listeners->add([&] {
    told += "a";
    listeners.reset();
  });
  auto second = listeners->add([&] { told += "b"; });
  listeners->tell();
  EXPECT_EQ(told, "ab");
  first.end();  // of ChangeListeners that no longer exist
}

}  // namespace
}  // namespace fulmar
