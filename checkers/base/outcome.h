// How a client's operation ended.
#pragma once

#include <cstdint>
#include <string>

namespace fulmar {

// ok: it had its effect between its invocation and its completion. failed: it certainly has no effect. unknown, and
// pending (it never ended): it may have had its effect, or have it later, or never.
enum class Outcome : std::uint8_t { pending, ok, failed, unknown };
std::string name_of(Outcome outcome);

}  // namespace fulmar
