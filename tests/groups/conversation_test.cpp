// Conversations of clients with a group coordinator, as text: each file of conversations/ is a list of commands
// ("> join ann member=m1"), each followed by its answers ("ann <- NONE ..") and appends ("  log 3: .."). script.cpp
// defines the commands. FULMAR_REWRITE=1 rewrites the files with the actual results; review the difference.
//
//   hold            appends are not committed from here on, until: committed, or fail [full|large|replicas] (the first)
//   fail-over       another coordinator replays the committed records
//   pass MS         time passes, timers fire
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/groups/script.h"

namespace fulmar {
namespace {

class GroupConversations : public testing::TestWithParam<std::string> {};

TEST_P(GroupConversations, GoAsWritten) {
  std::ifstream file(GetParam());
  std::string wanted, happened, line;
  Script script;
  while (std::getline(file, line)) {
    wanted += line + "\n";
    if (line.starts_with("> "))
      happened += line + "\n" + script.command(line.substr(2));
    else if (line.empty() || line.starts_with("#"))
      happened += line + "\n";
  }
  if (std::getenv("FULMAR_REWRITE")) std::ofstream(GetParam()) << happened;
  EXPECT_EQ(happened, wanted);
}

std::vector<std::string> files() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(CONVERSATIONS_DIRECTORY))
    found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

INSTANTIATE_TEST_SUITE_P(Groups, GroupConversations, testing::ValuesIn(files()), [](const auto& info) {
  auto name = std::filesystem::path(info.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace fulmar
