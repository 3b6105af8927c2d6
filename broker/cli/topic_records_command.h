// `fulmar topic add-partitions`, `offsets` and `delete-records`: a topic's partitions and their records.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

int add_partitions_command(const std::vector<std::string>& arguments);
int topic_offsets_command(const std::vector<std::string>& arguments);
int delete_records_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
