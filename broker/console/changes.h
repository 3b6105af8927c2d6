// The changes of /console/api/changes/: which there are, and what each must say. Each is made by the requests that any
// client would send, so brokers decide whether it is allowed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/console/change_body.h"
#include "broker/console/json_answer.h"
#include "broker/console/routes.h"

namespace fulmar {

struct ConsoleChange {
  std::string about;  // a topic, a group or an entry of an access control list: for the log
  // Makes it, and returns what was done: a sentence as "done", and more.
  std::function<Answer<ConsoleJson>(const ConsoleWork&)> make;
  bool preview = false;  // it only shows what it would do
};

// `name`: behind /console/api/changes/. Changes nothing yet. Errors, each with a sentence: not_found; and
// invalid_argument, for a body that says something else than this change needs.
Result<ConsoleChange> find_change(std::string_view name, std::string_view body);

// Of topics.
Result<ConsoleChange> create_topic_change(const ChangeBody& body);
Result<ConsoleChange> delete_topic_change(const ChangeBody& body);
Result<ConsoleChange> add_partitions_change(const ChangeBody& body);
Result<ConsoleChange> alter_topic_change(const ChangeBody& body);
Result<ConsoleChange> elect_leaders_change(const ChangeBody& body);
// Of groups.
Result<ConsoleChange> reset_offsets_change(const ChangeBody& body);
Result<ConsoleChange> delete_group_change(const ChangeBody& body);
// Of access control lists.
Result<ConsoleChange> add_acl_change(const ChangeBody& body);
Result<ConsoleChange> remove_acl_change(const ChangeBody& body);

}  // namespace fulmar
