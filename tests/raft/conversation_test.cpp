// Conversations between replicas, as text: each file of conversations/ is a list of commands ("> propose 1 a"), each
// with the messages and changes that follow. FULMAR_REWRITE=1 rewrites the files; read the difference before you keep
// it.
//
//   voters 1 2 3      a new group            newborn 4            a replica that knows nothing
//   campaign N        stands for election    pass MS              time passes; nothing is delivered
//   deliver           everything, in order   run MS               both
//   propose N VALUE   a batch                sync N               the disk has it
//   slow N / quick N  syncs only when told / at once
//   crash N [power]   restart N [damaged]    damage N OFFSET      (of a replica that is down)
//   cut N / mend      nobody reaches N       drop N               loses what waits for N
//   transfer N M      target N 1 2 ..        trim N OFFSET        the leader's log now starts there
//   status
//
// Heartbeats and their answers are left out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

class Conversation {
 public:
  Conversation() : model_(7, settings()) {
    model_.lost = [this](const Message& message) {
      return cut_ != 0 && (message.from.broker == cut_ || message.to.broker == cut_);
    };
    model_.story = [this](const std::string& line) {
      if (line.find(" heartbeat ") == std::string::npos && line.find(" alive ") == std::string::npos)
        said_ += line + "\n";
    };
  }

  std::string command(const std::string& line) {
    said_.clear();
    std::istringstream words(line);
    std::string what, value;
    int n = 0;
    words >> what;
    std::vector<int> numbers;
    if (what == "propose") {
      words >> n >> value;
    } else {
      for (std::string word; words >> word;)
        if (std::isdigit(static_cast<unsigned char>(word[0])))
          numbers.push_back(std::stoi(word));
        else
          value = word;
      n = numbers.empty() ? 0 : numbers[0];
    }
    std::vector<int> rest(numbers.begin() + (numbers.empty() ? 0 : 1), numbers.end());
    if (what == "voters") {
      model_.make_group(numbers);
    } else if (what == "newborn") {
      model_.add_newborn(n);
    } else if (what == "campaign") {
      model_.campaign(n);
    } else if (what == "pass") {
      model_.pass(milliseconds(n));
    } else if (what == "run") {
      model_.run(milliseconds(n));
    } else if (what == "deliver") {
      model_.deliver_all();
    } else if (what == "propose") {
      if (!model_.propose(n, value)) said_ += "refused\n";
    } else if (what == "sync") {
      model_.sync(n);
    } else if (what == "slow" || what == "quick") {
      model_.at(n).syncs = what == "quick";
    } else if (what == "crash") {
      model_.crash(n, value == "power");
      said_.clear();
    } else if (what == "restart") {
      model_.restart(n, value == "damaged" ? 77 : 0);
    } else if (what == "damage") {
      model_.damage_from(n, rest.at(0));
    } else if (what == "cut") {
      cut_ = n;
    } else if (what == "mend") {
      cut_ = 0;
    } else if (what == "drop") {
      std::erase_if(model_.parcels, [&](const Parcel& parcel) { return parcel.message.to.broker == n; });
    } else if (what == "transfer") {
      model_.transfer(n, rest.at(0));
    } else if (what == "target") {
      model_.set_target(n, rest);
    } else if (what == "trim") {
      model_.advance_log_start(n, rest.at(0));
    } else if (what == "status") {
      said_ += model_.status();
    } else {
      ADD_FAILURE() << "no such command: " << line;
    }
    return said_;
  }

 private:
  static RaftSettings settings() {
    RaftSettings settings;
    settings.caught_up_lag = 2;
    return settings;
  }

  Model model_;
  int cut_ = 0;
  std::string said_;
};

class Conversations : public testing::TestWithParam<std::string> {};

TEST_P(Conversations, GoAsWritten) {
  std::ifstream file(GetParam());
  std::string wanted, happened, line;
  Conversation conversation;
  bool answer = false;  // within what followed a command
  while (std::getline(file, line)) {
    wanted += line + "\n";
    if (line.starts_with("> ")) {
      happened += line + "\n" + conversation.command(line.substr(2));
      answer = true;
    } else if (line.empty() || line.starts_with("#")) {
      happened += line + "\n";
      answer = false;
    } else {
      ASSERT_TRUE(answer) << "what is this: " << line;
    }
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

INSTANTIATE_TEST_SUITE_P(Raft, Conversations, testing::ValuesIn(files()), [](const auto& info) {
  auto name = std::filesystem::path(info.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace fulmar
