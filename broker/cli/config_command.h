// fulmar topic alter, fulmar cluster config: configuration, shown and changed while brokers run.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int topic_alter_command(const std::vector<std::string>& arguments);
int cluster_config_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
