// `fulmar produce`: each line of standard input becomes a record.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

// Exit code 0: all records are acknowledged (with acks=0: sent). Others: see client_command.h.
int produce_command(const std::vector<std::string>& arguments);

}  // namespace fulmar
