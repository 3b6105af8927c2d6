// Makes the console's answers, as docs/console.md describes them: each asks the cluster, and returns JSON. Errors: the
// cluster's; what only a part of an answer depends on becomes an entry of its "errors".
#pragma once

#include <string>

#include "broker/console/parameters.h"
#include "broker/console/routes.h"

namespace fulmar {

Answer<std::string> cluster_answer(const ConsoleWork& work, const ConsoleParameters::None& query);
Answer<std::string> configs_answer(const ConsoleWork& work, const ConfigsQuery& query);
Answer<std::string> topics_answer(const ConsoleWork& work, const TopicsQuery& query);
Answer<std::string> topic_answer(const ConsoleWork& work, const TopicQuery& query);
Answer<std::string> records_answer(const ConsoleWork& work, const RecordsQuery& query);
Answer<std::string> groups_answer(const ConsoleWork& work, const GroupsQuery& query);
Answer<std::string> group_answer(const ConsoleWork& work, const GroupQuery& query);

Answer<std::string> permissions_answer(const ConsoleWork& work, const PermissionsQuery& query);
Answer<std::string> acls_answer(const ConsoleWork& work, const AclsQuery& query);

}  // namespace fulmar
