// `fulmar topic alter`, `fulmar group config`, `fulmar cluster config` and `fulmar cluster log-levels`: show and change
// configuration at run time.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int topic_alter_command(const std::vector<std::string>& arguments);
int group_config_command(const std::vector<std::string>& arguments);
int cluster_config_command(const std::vector<std::string>& arguments);
int cluster_log_levels_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
