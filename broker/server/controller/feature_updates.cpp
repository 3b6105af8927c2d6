#include "broker/server/controller/feature_updates.h"

namespace fulmar {

namespace {

// Why the broker does not support the level; empty if it does.
std::string why_not(const std::string& who, const FeatureRange& range, std::int16_t level) {
  if (level >= range.min && level <= range.max) return {};
  if (range.max == 0) return who + " does not support this feature.";
  auto levels = std::to_string(range.min) + (range.min == range.max ? "" : "-" + std::to_string(range.max));
  return who + " only supports versions " + levels;
}

// Brokers that are down count too, since they may come back. One that will not has to be unregistered.
std::string why_not_by_all(const MetadataImage& image, std::int32_t self, const FeatureRanges& here,
                           const FeatureUpdate& update) {
  auto local = range_of(here, update.feature);
  auto controller = "Local controller " + std::to_string(self);
  if (local.max == 0) return controller + " does not support this feature.";  // at any level
  auto why = why_not(controller, local, update.level);
  for (const auto& [id, broker] : image.brokers) {
    if (!why.empty()) break;
    why = why_not("Broker " + std::to_string(id), range_of(broker.features, update.feature), update.level);
  }
  return why;
}

// Why the level may not change from `now`; empty if it may.
std::string refusal(const FeatureUpdate& update, std::int16_t now) {
  bool is_upgrade = update.type == UpdateType::upgrade;
  if (update.level < now && is_upgrade)
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
           "downgrade.";
  if (update.level > now && !is_upgrade) return "Can't downgrade to a newer version.";
  return {};
}

}  // namespace

Result<std::vector<FeatureLevelRecord>> plan_feature_updates(const MetadataImage& image, std::int32_t self,
                                                             const FeatureRanges& here,
                                                             const std::vector<FeatureUpdate>& updates) {
  std::map<std::string, FeatureUpdate> last;
  for (const auto& update : updates) last.insert_or_assign(update.feature, update);
  std::vector<FeatureLevelRecord> records;
  for (const auto& [name, update] : last) {
    auto refuse = [&](const std::string& why) {
      return fail(Errc::invalid_argument,
                  "Invalid update version " + std::to_string(update.level) + " for feature " + name + ". " + why);
    };
    auto now = level_of(image.features, name);
    if (update.type == UpdateType::unknown) return refuse("The controller does not support the given upgrade type.");
    if (update.level < 0) return refuse("A feature version cannot be less than 0.");
    if (auto why = why_not_by_all(image, self, here, update); !why.empty()) return refuse(why);
    if (auto why = refusal(update, now); !why.empty()) return refuse(why);
    if (update.level == now) continue;
    // Records of the higher level would have to be rewritten, which no release does.
    if (name == metadata_version && update.level < now) {
      bool unsafe = update.type == UpdateType::unsafe_downgrade;
      return fail(Errc::invalid_argument,
                  "Invalid metadata.version " + std::to_string(update.level) + ". " +
                      (unsafe ? "Unsafe metadata downgrade is not supported in this version."
                              : "Refusing to perform the requested downgrade because it might delete metadata "
                                "information."));
    }
    records.push_back({name, update.level});
  }
  return records;
}

}  // namespace fulmar
