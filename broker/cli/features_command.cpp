#include "broker/cli/features_command.h"

#include <limits>

#include "broker/cli/client_command.h"
#include "broker/cli/partition_operands.h"
#include "broker/cli/table.h"
#include "broker/client/feature_admin.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

using Updates = std::vector<UpdateFeaturesRequest::Update>;

// Parses `--OPTION NAME=LEVEL`; returns what is wrong with it.
std::optional<std::string> read(const std::vector<std::string>& texts, const std::string& option, std::int8_t type,
                                Updates& updates) {
  for (const auto& text : texts) {
    auto wrong = "--" + option + " " + text + ": ";
    auto equals = text.find('=');
    auto level = equals == std::string::npos ? std::nullopt : parse_number(text.substr(equals + 1));
    if (equals == 0 || !level || *level > std::numeric_limits<std::int16_t>::max())
      return wrong + "expected NAME=LEVEL, with a level from 0 to 32767";
    auto name = text.substr(0, equals);
    for (const auto& update : updates)
      if (update.feature == name) return wrong + "given twice";
    updates.push_back({name, static_cast<std::int16_t>(*level), false, type});
  }
  return std::nullopt;
}

}  // namespace

int features_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> up;
  std::vector<std::string> down;
  ClientCommand command(
      "cluster features", "",
      "Shows the cluster's features: the level of each that is in use, 0 if none is, and the lowest\n"
      "and the highest that all of its brokers support; or changes levels, all or none of them. After\n"
      "all brokers were replaced by those of a new release, an upgrade has what is new used.");
  auto add = command.options();
  add("upgrade", po::value(&up)->composing()->value_name("NAME=LEVEL"),
      "a feature's new level, which may be given again");
  add("downgrade", po::value(&down)->composing()->value_name("NAME=LEVEL"),
      "a lower level, 0 for none; refused where what was written might be lost");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  Updates updates;
  if (auto wrong = read(up, "upgrade", UpdateFeaturesRequest::upgrade, updates)) return command.wrong(*wrong);
  if (auto wrong = read(down, "downgrade", UpdateFeaturesRequest::safe_downgrade, updates))
    return command.wrong(*wrong);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    if (!updates.empty()) {
      FULMAR_TRY_VOID(or_in_doubt(update_features(cluster, updates), "cluster features"));
    }
    FULMAR_TRY(auto features, cluster_features(cluster));
    Table table({"FEATURE", "LEVEL#", "MIN#", "MAX#"});
    for (const auto& [name, feature] : features)
      table.add({name, std::to_string(feature.finalized), std::to_string(feature.min), std::to_string(feature.max)});
    return command.print(table);
  });
}

}  // namespace fulmar
