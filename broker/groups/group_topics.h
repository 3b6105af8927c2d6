// GroupTopics: what a group coordinator has to know about the cluster's topics, at one moment. Immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/assignor.h"

namespace fulmar {

class GroupTopics {
 public:
  struct Topic {
    Uuid id;
    AssignorTopic shape;
  };

  virtual ~GroupTopics() = default;
  virtual std::optional<Topic> find(const std::string& name) const = 0;
  // Empty if no topic has this id.
  virtual std::string name_of(const Uuid& id) const = 0;
  // The next names after `name`, at most `limit`, ascending.
  virtual std::vector<std::string> names_after(const std::string& name, std::size_t limit) const = 0;

  // Whether there are topics that some clients may not describe.
  virtual bool are_guarded() const { return false; }
  // A client's principal ("User:alice"), and its address as GroupClient has it.
  struct Asker {
    std::string principal;
    std::string host;
  };
  virtual bool may_describe(const Asker&, const std::string&) const { return true; }
};

using GroupTopicsPtr = std::shared_ptr<const GroupTopics>;

}  // namespace fulmar
