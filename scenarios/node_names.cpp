#include "scenarios/node_names.h"
#include "scenarios/plan_settings.h"

#include <algorithm>
#include <cstdint>

namespace fulmar {

namespace {
constexpr std::int64_t nodes_max = 1000;  // of each sort: a bound for unchecked plans
}

std::vector<std::string> node_names(const Plan& plan) {
  std::vector<std::string> all;
  auto add = [&](const char* what, std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < std::min(count, nodes_max); ++i) all.push_back(what + std::to_string(first + i));
  };
  if (plan.has(settings::brokers))
    add("broker", 1, plan.setting(settings::brokers));
  else
    all.emplace_back("broker");
  add("client", 0, plan.setting_or(settings::clients, 0));
  all.emplace_back("admin");
  return all;
}

}  // namespace fulmar
