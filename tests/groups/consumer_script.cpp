// The commands of a Script for consumer groups. Topics are written by name; their ids are derived from their names.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/groups/script.h"

namespace fulmar {
namespace {

Uuid id_of(const std::string& topic) {
  Uuid id{7, 0};
  for (char c : topic) id.low = id.low * 256 + static_cast<unsigned char>(c);
  return id;
}

std::string name_of(Uuid id) {
  std::string name;
  for (; id.low > 0; id.low /= 256) name.insert(name.begin(), static_cast<char>(id.low % 256));
  return name;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text)
    if (c == '+')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

class NamedTopics final : public GroupTopics {
 public:
  explicit NamedTopics(std::map<std::string, std::int32_t> partitions) : partitions_(std::move(partitions)) {}

  std::optional<Topic> find(const std::string& name) const override {
    auto found = partitions_.find(name);
    if (found == partitions_.end()) return std::nullopt;
    return Topic{id_of(name), {found->second, {}}};
  }
  std::string name_of(const Uuid& id) const override {
    auto name = fulmar::name_of(id);
    return partitions_.contains(name) ? name : "";
  }
  std::vector<std::string> names_after(const std::string& name, std::size_t limit) const override {
    std::vector<std::string> names;
    for (auto entry = partitions_.upper_bound(name); entry != partitions_.end() && names.size() < limit; ++entry)
      names.push_back(entry->first);
    return names;
  }

 private:
  std::map<std::string, std::int32_t> partitions_;
};

template <class Topics>
std::string partitions_said(const Topics& topics) {
  std::string text;
  for (const auto& topic : topics)
    for (auto partition : topic.partitions)
      text += (text.empty() ? "" : "+") + name_of(topic.topic_id) + "-" + std::to_string(partition);
  return text.empty() ? "nothing" : text;
}

}  // namespace

GroupTopicsPtr named_topics(std::map<std::string, std::int32_t> partitions) {
  return std::make_shared<NamedTopics>(std::move(partitions));
}

// topics t:4 u:2
void Script::set_topics(const std::vector<std::string>& topics) {
  std::map<std::string, std::int32_t> partitions;
  for (const auto& topic : topics) {
    auto colon = topic.find(':');
    partitions[topic.substr(0, colon)] = std::stoi(topic.substr(colon + 1));
  }
  topics_ = named_topics(std::move(partitions));
  core_->set_topics(topics_, time());
}

// beat WHO epoch= [member= v= instance= rack= rebalance= topics=t+u regex= assignor= owns=t-0+t-1 or nothing]
void Script::beat(const std::string& who, std::int16_t version, const std::map<std::string, std::string>& options) {
  auto maybe = [&](const char* key) {
    auto found = options.find(key);
    return found == options.end() ? std::nullopt : std::optional(found->second);
  };
  ConsumerGroupHeartbeatRequest request;
  request.group_id = maybe("group").value_or("g");
  request.member_id = maybe("member").value_or(version == 0 ? "" : who);
  request.member_epoch = std::stoi(maybe("epoch").value_or("0"));
  bool joins = request.member_epoch == 0;
  request.instance_id = maybe("instance");
  request.rack_id = maybe("rack");
  request.rebalance_timeout_ms = std::stoi(maybe("rebalance").value_or(joins ? "60000" : "-1"));
  request.subscribed_topic_regex = maybe("regex");
  request.server_assignor = maybe("assignor");
  if (auto topics = maybe("topics"))
    request.subscribed_topic_names = topics->empty() ? std::vector<std::string>{} : words_of(*topics);
  auto owns = maybe("owns");
  if (owns || joins) request.topic_partitions.emplace();
  if (owns && *owns != "nothing")
    for (const auto& partition : words_of(*owns)) {
      auto dash = partition.rfind('-');
      request.topic_partitions->push_back({id_of(partition.substr(0, dash)), {std::stoi(partition.substr(dash + 1))}});
    }
  core_->heartbeat(token(who), {who, "/127.0.0.1", version}, request, time());
}

void Script::describe_consumers(const std::string& group) {
  auto described = core_->describe_consumers(group);
  said_ += described.error_code == ErrorCode::none ? described.group_state : error_code_name(described.error_code);
  if (described.error_message) said_ += " (" + *described.error_message + ")";
  if (described.error_code == ErrorCode::none)
    said_ += " epoch " + std::to_string(described.group_epoch) + " target " +
             std::to_string(described.assignment_epoch) + " " + described.assignor_name;
  for (const auto& member : described.members) {
    said_ += "\n  " + member.member_id;
    if (member.instance_id) said_ += "@" + *member.instance_id;
    said_ += " epoch " + std::to_string(member.member_epoch) + ": " +
             partitions_said(member.assignment.topic_partitions) + ", target " +
             partitions_said(member.target_assignment.topic_partitions);
  }
  said_ += "\n";
}

void Script::show(const ConsumerGroupHeartbeatResponse& response) {
  said_ += error_code_name(response.error_code);
  if (response.error_message) said_ += " (" + *response.error_message + ")";
  if (response.error_code != ErrorCode::none) return;
  said_ += " epoch " + std::to_string(response.member_epoch);
  if (response.assignment) said_ += " has " + partitions_said(response.assignment->topic_partitions);
}

void Script::show_consumer_record(const StateRecord& record) {
  said_ += group_of(record) + " ";
  bool tombstone = std::visit([](const auto& typed) { return !typed.value; }, record);
  auto say = [&](const std::string& what, const auto& value) { said_ += what + (tombstone ? " deleted" : value()); };
  if (const auto* group = std::get_if<EpochRecord>(&record)) {
    say("epoch", [&] { return " " + std::to_string(group->value->epoch); });
  } else if (const auto* aimed = std::get_if<TargetEpochRecord>(&record)) {
    say("target", [&] { return " of epoch " + std::to_string(aimed->value->assignment_epoch); });
  } else if (const auto* member = std::get_if<ConsumerMemberRecord>(&record)) {
    say("member " + member->key.member_id, [&] {
      std::string text = member->value->classic_member_metadata ? ", classic:" : ":";
      for (const auto& topic : member->value->subscribed_topic_names) text += " " + topic;
      if (member->value->subscribed_topic_regex) text += " '" + *member->value->subscribed_topic_regex + "'";
      return text;
    });
  } else if (const auto* target = std::get_if<TargetRecord>(&record)) {
    say("target of " + target->key.member_id, [&] { return ": " + partitions_said(target->value->topic_partitions); });
  } else if (const auto* current = std::get_if<CurrentRecord>(&record)) {
    say("current of " + current->key.member_id, [&] {
      static const char* const states[] = {"stable", "unrevoked", "unreleased"};
      std::string text = ": epoch " + std::to_string(current->value->member_epoch) + " " +
                         states[current->value->state] + " has " + partitions_said(current->value->assigned_partitions);
      if (!current->value->partitions_pending_revocation.empty())
        text += ", gives up " + partitions_said(current->value->partitions_pending_revocation);
      return text;
    });
  } else if (const auto* pattern = std::get_if<PatternRecord>(&record)) {
    say("pattern '" + pattern->key.regular_expression + "'", [&] {
      std::string text = ":";
      for (const auto& topic : pattern->value->topics) text += " " + topic;
      return text;
    });
  }
}

}  // namespace fulmar
