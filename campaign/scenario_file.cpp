#include "campaign/scenario_file.h"

#include <algorithm>

#include "faults/strict_json.h"

namespace fulmar {

using namespace strict_json;

Result<ScenarioFile> scenario_file_from_json(const std::string& content) {
  return caught([&] {
    auto json = parse(content);
    expect_members(json, "the scenario file", {"scenario", "settings"}, "faults");
    ScenarioFile file;
    file.scenario = text(member(json, "the scenario file", "scenario"));
    const auto& settings = json["settings"];
    if (!settings.is_object()) throw Malformed{"'settings' must be an object"};
    for (const auto& [name, value] : settings.items())
      file.choice.settings[name] = integer({value, "setting " + in_quotes(name)}, any_min, any_max);
    if (!json.contains("faults")) return file;
    auto& kinds = file.choice.faults.emplace();
    for (const auto& kind : array(member(json, "the scenario file", "faults"))) {
      kinds.push_back(text({kind, "a kind in 'faults'"}));
      if (std::ranges::count(kinds, kinds.back()) > 1)
        throw Malformed{"'faults' has " + in_quotes(kinds.back()) + " twice"};
    }
    return file;
  });
}

}  // namespace fulmar
