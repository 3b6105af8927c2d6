// The options of `fulmar acl` that name access control entries, by the model of Kafka's kafka-acls: whom, on what,
// which operations; and the entries, or filters of them, that they stand for.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "broker/security/acl.h"

namespace fulmar {

struct AclOptions {
  std::vector<std::string> topics;
  std::vector<std::string> groups;
  std::vector<std::string> transactional_ids;
  std::vector<std::string> users;
  bool cluster = false;
  std::string pattern = "literal";
  std::vector<std::string> operations;
  bool producer = false;
  bool consumer = false;
  bool idempotent = false;
  std::vector<std::string> allowed;
  std::vector<std::string> denied;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> denied_hosts;
  std::vector<std::string> principals;

  // Which of the options a command has.
  void add_resources(boost::program_options::options_description_easy_init add);
  void add_entries(boost::program_options::options_description_easy_init add);
  void add_principals(boost::program_options::options_description_easy_init add);

  // The entries to add or to remove. Errors: invalid_argument, in words for the command line.
  Result<std::vector<AclBinding>> entries() const;
  // All entries of the resources and principals that are named; of all, if none is. Errors: likewise.
  Result<std::vector<AclFilter>> filters() const;
};

}  // namespace fulmar
