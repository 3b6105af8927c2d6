// `fulmar topic alter`, `fulmar group config` and `fulmar cluster config`: show and change configuration at run time.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int topic_alter_command(const std::vector<std::string>& arguments);
int group_config_command(const std::vector<std::string>& arguments);
int cluster_config_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
