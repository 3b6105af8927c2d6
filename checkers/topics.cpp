// Topics: a topic whose creation was acknowledged exists until a client asks to delete it; one whose deletion was
// acknowledged does not exist, unless it is created again later. At the end every broker lists the same topics. And
// requests with an outdated leader epoch are refused.
#include <map>

#include "checkers/history.h"

namespace fulmar {

void check_topics(const History& history, Violations& found) {
  struct Fate {
    const TopicOperation* made = nullptr;
    bool deletion_asked = false;
    const TopicOperation* deleted = nullptr;
  };
  std::map<std::string, Fate> fates;
  for (const auto& operation : history.topic_operations) {
    auto& fate = fates[operation.name];
    bool ok = operation.outcome == Outcome::ok;
    if (operation.kind == TopicOperation::Kind::create) {
      if (operation.outcome != Outcome::failed) fate = {};
      if (ok) fate.made = &operation;
    } else {
      fate.deletion_asked = fate.deletion_asked || operation.outcome != Outcome::failed;
      if (ok) fate.deleted = &operation;
    }
  }
  for (const auto& [broker, topics] : history.final_topics) {
    for (const auto& [name, fate] : fates) {
      bool there = topics.contains(name);
      auto who = "broker " + std::to_string(broker) + ": topic " + name;
      if (!there && fate.made && !fate.deletion_asked)
        found.push_back(
            {"topics", "lost-topic", who + " is not there, though its making was acknowledged", fate.made->completed});
      if (there && fate.deleted)
        found.push_back({"topics", "undeleted-topic", who + " is there, though its deletion was acknowledged",
                         fate.deleted->completed});
    }
    const auto& [first, others] = *history.final_topics.begin();
    if (topics == others) continue;
    auto lists = [](const std::set<std::string>& names) {
      std::string text;
      for (const auto& name : names) text += " " + name;
      return text;
    };
    found.push_back({"topics", "topics-differ",
                     "broker " + std::to_string(first) + " lists" + lists(others) + "\nbroker " +
                         std::to_string(broker) + " lists" + lists(topics),
                     Instant::max()});
  }
  for (const auto& probe : history.epoch_probes)
    if (probe.served && probe.claimed != probe.known)
      found.push_back({"fencing", "unfenced",
                       to_string(probe.of) + ": a request with leader epoch " + std::to_string(probe.claimed) +
                           " was served, when epoch " + std::to_string(probe.known) + " was known",
                       probe.invoked});
}

}  // namespace fulmar
