#include <limits>

#include "broker/client/group_admin.h"
#include "broker/client/offset_reset.h"
#include "broker/console/changes.h"
#include "broker/console/json_values.h"

namespace fulmar {

namespace {

constexpr std::size_t shown_max = 1000;  // partitions

struct Reset {
  std::string group;
  ResetTarget target;
  std::optional<std::string> topic;
  std::optional<std::int64_t> partition;
  bool preview = false;  // only shows what it would do
};

// Of `committed`, those that are meant; all partitions of a topic that is named, whatever is committed.
Answer<std::set<PartitionName>> partitions_meant(const ConsoleWork& work, const Reset& reset,
                                                 const GroupOffsets& committed) {
  std::set<PartitionName> meant;
  if (reset.topic) {
    FULMAR_TRY(auto described, work.cluster.topic(*reset.topic));
    for (const auto& one : described.partitions)
      if (!reset.partition || one.index == *reset.partition) meant.emplace(*reset.topic, one.index);
    if (meant.empty())
      return refuse(ErrorCode::unknown_topic_or_partition,
                    "there is no partition " + std::to_string(*reset.partition) + " of topic " + *reset.topic);
    return meant;
  }
  for (const auto& [name, offset] : committed) meant.insert(name);
  if (meant.empty())
    return refuse(ErrorCode::invalid_request,
                  "group " + reset.group + " has committed nothing: a topic is needed to say what is meant");
  return meant;
}

Answer<ConsoleJson> make(const ConsoleWork& work, const Reset& reset) {
  FULMAR_TRY(auto committed, committed_offsets(work.cluster, reset.group));
  FULMAR_TRY(auto meant, partitions_meant(work, reset, committed));
  FULMAR_TRY(auto offsets, reset_offsets(work.cluster, meant, reset.target));
  std::map<PartitionName, ErrorCode> refused;
  if (!reset.preview) {
    FULMAR_TRY(refused, commit_offsets(work.cluster, reset.group, offsets));
  }
  auto partitions = ConsoleJson::array();
  for (const auto& [name, offset] : offsets) {
    if (partitions.size() == shown_max) break;
    auto before = committed.find(name);
    auto failed = refused.find(name);
    partitions.push_back(
        {{"topic", name.first},
         {"partition", name.second},
         {"before", before == committed.end() ? ConsoleJson() : ConsoleJson(before->second)},
         {"after", offset},
         {"code", failed == refused.end() ? ConsoleJson() : ConsoleJson(error_code_name(failed->second))}});
  }
  auto count = std::to_string(offsets.size() - refused.size()) + " of " + std::to_string(offsets.size());
  auto done = reset.preview ? "nothing is changed yet"
                            : "group " + reset.group + " goes on elsewhere in " + count + " partitions";
  return ConsoleJson{{"done", done}, {"partitions_total", offsets.size()}, {"partitions", partitions}};
}

}  // namespace

Result<ConsoleChange> reset_offsets_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"group", "to", "topic", "partition", "preview"}));
  Reset reset;
  FULMAR_TRY(reset.group, body.text("group"));
  FULMAR_TRY(auto to, body.text("to"));
  FULMAR_TRY(reset.topic, body.text_if_given("topic"));
  FULMAR_TRY(reset.partition, body.number("partition", 0, std::numeric_limits<std::int32_t>::max()));
  FULMAR_TRY(reset.preview, body.flag("preview"));
  auto target = ResetTarget::parse(to);
  if (!target) return fail(Errc::invalid_argument, "to must be earliest, latest, time:MS or an offset, not " + to);
  if (reset.partition && !reset.topic) return fail(Errc::invalid_argument, "topic is needed: whose partition?");
  reset.target = *target;
  auto about = reset.group;
  const bool preview = reset.preview;
  return ConsoleChange{about, [reset = std::move(reset)](const ConsoleWork& work) { return make(work, reset); },
                       preview};
}

Result<ConsoleChange> delete_group_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"group"}));
  FULMAR_TRY(auto group, body.text("group"));
  return ConsoleChange{group, [group](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY_VOID(delete_group(work.cluster, group));
                         return ConsoleJson{{"done", "deleted group " + group}};
                       }};
}

}  // namespace fulmar
