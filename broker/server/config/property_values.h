// The values of checked broker properties, and what is said of those that contradict others.
#pragma once

#include <string>
#include <string_view>

#include "broker/cluster/properties.h"

namespace fulmar {

// The value that is set, or the default. `name` is that of a broker property.
std::string_view value_of(const Properties& properties, std::string_view name);
// invalid_argument, in Kafka's words: "Invalid value VALUE for configuration NAME: WHY".
std::unexpected<Error> invalid_value(std::string_view name, std::string_view value, const std::string& why);

// Whether only this machine reaches what listens at that host: an address 127.*, ::1 or localhost.
bool is_loopback(std::string_view host);

}  // namespace fulmar
