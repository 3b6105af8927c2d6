#include "tests/groups/script.h"

#include <gtest/gtest.h>

#include <sstream>

#include "broker/protocol/messages/consumer_protocol.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"
#include "tests/groups/pass_time.h"

namespace fulmar {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::pair<std::string, std::string> halves(const std::string& text, char at) {
  auto middle = text.find(at);
  if (middle == std::string::npos) return {text, ""};
  return {text.substr(0, middle), text.substr(middle + 1)};
}

std::string topics_of(const Bytes& metadata) {
  Reader reader(metadata);
  reader.int16();
  auto count = reader.array_count(false);
  std::string text;
  for (std::size_t i = 0; count && i < *count && !reader.failed(); ++i) {
    if (i > 0) text += '+';
    text += reader.nullable_string(false).value_or("null");
  }
  return reader.failed() ? std::string(metadata.view()) : text;
}

// "orders-3"
std::pair<std::string, std::int32_t> partition_of(const std::string& text) {
  auto dash = text.rfind('-');
  return {text.substr(0, dash), std::stoi(text.substr(dash + 1))};
}

// A consumer's assignment as "t-0+t-1"; other bytes as they are.
std::string assignment_said(const Bytes& bytes) {
  auto assignment = read_consumer_assignment(bytes);
  if (!assignment) return std::string(bytes.view());
  std::string text;
  for (const auto& topic : assignment->assigned_partitions)
    for (auto partition : topic.partitions)
      text += (text.empty() ? "" : "+") + topic.topic + "-" + std::to_string(partition);
  return text.empty() ? "nothing" : text;
}

Bytes consumer_assignment(const std::string& partitions) {
  ConsumerProtocolAssignment assignment;
  for (const auto& word : split(partitions, '+')) {
    auto [topic, partition] = partition_of(word);
    assignment.assigned_partitions.push_back({topic, {partition}});
  }
  return write_consumer_assignment(assignment, 0);
}

Bytes cooperative_subscription(const std::vector<std::string>& topics, const std::vector<std::string>& owned) {
  ConsumerProtocolSubscription said;
  said.topics = topics;
  for (const auto& word : owned) {
    auto [topic, partition] = partition_of(word);
    said.owned_partitions.push_back({topic, {partition}});
  }
  return write_consumer_subscription(said, 1);
}

}  // namespace

Bytes subscription(const std::vector<std::string>& topics) {
  Writer writer;
  writer.int16(0);
  writer.array_count(static_cast<std::int64_t>(topics.size()), false);
  for (const auto& topic : topics) writer.string(topic, false);
  writer.bytes_length(-1, false);
  return std::move(writer).finish().flatten();
}

struct Script::Words {
  std::string what, who;                       // the command, and the first word that is no option
  std::vector<std::string> rest;               // other words
  std::map<std::string, std::string> options;  // key=value

  explicit Words(const std::string& line) {
    std::istringstream stream(line);
    stream >> what;
    for (std::string word; stream >> word;) {
      if (word.find('=') != std::string::npos)
        options.insert(halves(word, '='));
      else
        rest.push_back(word);
    }
    if (!rest.empty()) who = rest.front();
  }
  std::string get(const std::string& key, const std::string& otherwise) const {
    auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
  }
  int number(const std::string& key, int otherwise) const { return std::stoi(get(key, std::to_string(otherwise))); }
  std::optional<std::string> maybe(const std::string& key) const {
    auto found = options.find(key);
    return found == options.end() ? std::nullopt : std::optional(found->second);
  }
  GroupClient client() const { return {who, "/127.0.0.1", static_cast<std::int16_t>(number("v", 9))}; }
};

Script::Script() {
  settings_.session_timeout_min = milliseconds(1'000);
  settings_.consumer_assignment_interval = milliseconds(0);
  fail_over();
  said_.clear();
}

std::string Script::command(const std::string& line) {
  said_.clear();
  Words words(long_names(line));
  if (words.what == "configure") {
    configure(words);
  } else if (words.what == "join") {
    join(words);
  } else if (words.what == "sync") {
    sync(words);
  } else if (words.what == "heartbeat") {
    HeartbeatRequest request{words.get("group", "g"), words.number("gen", -1), words.get("member", ""),
                             words.maybe("instance")};
    core_->heartbeat(token(words.who), request, time());
  } else if (words.what == "leave") {
    leave(words);
  } else if (words.what == "commit") {
    commit(words);
  } else if (words.what == "marker") {
    marker(words);
  } else if (words.what == "fetch") {
    fetch(words);
  } else if (words.what == "delete-offsets") {
    delete_offsets(words);
  } else if (words.what == "delete") {
    core_->delete_groups(token("admin"), {words.rest}, time());
  } else if (words.what == "topic-deleted") {
    core_->topic_deleted(words.who, time());
  } else if (words.what == "describe") {
    describe(words);
  } else if (words.what == "topics") {
    set_topics(words.rest);
  } else if (words.what == "beat") {
    beat(words.who, static_cast<std::int16_t>(words.number("v", 1)), words.options);
  } else if (words.what == "describe-consumers") {
    describe_consumers(words.get("group", "g"));
  } else if (words.what == "list") {
    list(words);
  } else if (words.what == "under-way") {
    for (const auto& [group, what] : core_->under_way()) {
      EXPECT_EQ(what, UnderWay::rebalance);
      said_ += group + " rebalances\n";
    }
  } else if (words.what == "hold") {
    hold_ = true;
  } else if (words.what == "committed") {
    hold_ = false;
  } else if (words.what == "fail") {
    auto append = std::move(appended_.front());
    appended_.pop_front();
    ErrorCode why = words.who == "full"    ? ErrorCode::kafka_storage_error
                    : words.who == "large" ? ErrorCode::message_too_large
                                           : ErrorCode::not_enough_replicas;
    core_->append_failed(append.id, why, time());
  } else if (words.what == "fail-over") {
    fail_over();
  } else if (words.what == "pass") {
    pass_time(std::stoll(words.who), now_, wall_, core_, [this] {
      core_->tick(time());
      take();
    });
  } else {
    ADD_FAILURE() << "no such command: " << line;
  }
  take();
  return short_names(std::exchange(said_, {}));
}

void Script::configure(const Words& words) {
  auto set = [&](const char* name, milliseconds& value) {
    if (auto given = words.maybe(name)) value = milliseconds(std::stoll(*given));
  };
  set("delay", settings_.initial_rebalance_delay);
  set("retention", settings_.offsets_retention);
  set("check", settings_.offsets_retention_check_interval);
  set("commit_timeout", settings_.commit_timeout);
  set("consumer_session", settings_.consumer_session_timeout);
  set("assignment_interval", settings_.consumer_assignment_interval);
  settings_.consumer_upgrade = words.get("migrates", "both") == "both" || words.get("migrates", "") == "up";
  settings_.consumer_downgrade = words.get("migrates", "both") == "both" || words.get("migrates", "") == "down";
  settings_.consumer_group_size_max = static_cast<std::size_t>(words.number("size", 1'000));
  settings_.group_size_max = static_cast<std::size_t>(words.number("size", 1'000));
  settings_.offset_metadata_max = static_cast<std::size_t>(words.number("metadata", 4'096));
  settings_.cleanup_slice = static_cast<std::size_t>(words.number("slice", 1'000));
  core_->set_settings(settings_);
}

GroupToken Script::token(const std::string& who) {
  waiting_[++last_token_] = who;
  return last_token_;
}

// join WHO [member= instance= group= v= session= rebalance= type= protocols=range:t1+t2,other:t1 has=t1-0+t1-1
//   reason=]
void Script::join(const Words& words) {
  JoinGroupRequest request;
  request.group_id = words.get("group", "g");
  request.session_timeout_ms = words.number("session", 10'000);
  request.rebalance_timeout_ms = words.number("rebalance", 60'000);
  request.member_id = words.get("member", "");
  request.group_instance_id = words.maybe("instance");
  request.protocol_type = words.get("type", "consumer");
  request.reason = words.maybe("reason");
  for (const auto& protocol : split(words.get("protocols", "range:t"), ',')) {
    auto [name, metadata] = halves(protocol, ':');
    bool of_consumer = request.protocol_type == "consumer" && metadata != "rubbish";
    if (!of_consumer)
      request.protocols.push_back({name, Bytes::copy_of(metadata)});
    else if (auto has = words.maybe("has"))
      request.protocols.push_back({name, cooperative_subscription(split(metadata, '+'), split(*has, '+'))});
    else
      request.protocols.push_back({name, subscription(split(metadata, '+'))});
  }
  core_->join(token(words.who), words.client(), request, time());
}

// sync WHO member= gen= [assign=m1:x,m2:y gives=m1:t-0+t-1,m2:t-2 type= protocol= instance=]
void Script::sync(const Words& words) {
  SyncGroupRequest request;
  request.group_id = words.get("group", "g");
  request.generation_id = words.number("gen", -1);
  request.member_id = words.get("member", "");
  request.group_instance_id = words.maybe("instance");
  request.protocol_type = words.maybe("type");
  request.protocol_name = words.maybe("protocol");
  for (const auto& assignment : split(words.get("assign", ""), ',')) {
    auto [member, bytes] = halves(assignment, ':');
    request.assignments.push_back({member, Bytes::copy_of(bytes)});
  }
  for (const auto& given : split(words.get("gives", ""), ',')) {
    auto [member, partitions] = halves(given, ':');
    request.assignments.push_back({member, consumer_assignment(partitions)});
  }
  core_->sync(token(words.who), request, time());
}

// leave WHO member=..  in version 2, or leave WHO m1 @instance m2@instance
void Script::leave(const Words& words) {
  LeaveGroupRequest request;
  request.group_id = words.get("group", "g");
  request.member_id = words.get("member", "");
  for (std::size_t i = 1; i < words.rest.size(); ++i) {
    auto [member, instance] = halves(words.rest[i], '@');
    bool has_instance = words.rest[i].find('@') != std::string::npos;
    request.members.push_back({member, has_instance ? std::optional(instance) : std::nullopt, std::nullopt});
  }
  core_->leave(token(words.who), words.client(), request, time());
}

// commit WHO [member= gen= instance= retention= group= producer=] t-0:5 t-1:7:metadata
void Script::commit(const Words& words) {
  OffsetCommitRequest request;
  request.group_id = words.get("group", "g");
  request.generation_id_or_member_epoch = words.number("gen", -1);
  request.member_id = words.get("member", "");
  request.group_instance_id = words.maybe("instance");
  request.retention_time_ms = words.number("retention", -1);
  for (std::size_t i = 1; i < words.rest.size(); ++i) {
    auto parts = split(words.rest[i], ':');
    auto [topic, partition] = partition_of(parts.at(0));
    auto& added = request.topics.emplace_back();
    added.name = topic;
    added.partitions.push_back(
        {partition, std::stoll(parts.at(1)), -1, parts.size() > 2 ? std::optional(parts[2]) : std::nullopt});
  }
  std::optional<TransactionWriter> writer;
  if (auto producer = words.maybe("producer")) writer = TransactionWriter{std::stoll(*producer), 0, {}};
  core_->commit_offsets(token(words.who), words.client(), request, time(), writer);
}

// marker PRODUCER commit|abort: requires that all appends before it are committed
void Script::marker(const Words& words) {
  log_.push_back(Marker{std::stoll(words.rest.at(0)), words.rest.at(1) == "commit"});
  core_->transaction_ended(std::get<Marker>(log_.back()).producer, std::get<Marker>(log_.back()).commits);
}

// fetch [group= member= epoch=] [t-0 t-1]
void Script::fetch(const Words& words) {
  OffsetFetchRequest::Group request;
  request.group_id = words.get("group", "g");
  request.member_id = words.maybe("member");
  request.member_epoch = words.number("epoch", -1);
  if (!words.rest.empty()) request.topics.emplace();
  for (const auto& word : words.rest) {
    auto [topic, partition] = partition_of(word);
    request.topics->push_back({topic, {}, {partition}});
  }
  auto response = core_->fetch_offsets(request, words.maybe("stable").has_value());
  said_ += "offsets";
  if (response.error_code != ErrorCode::none) said_ += std::string(" ") + error_code_name(response.error_code);
  for (const auto& topic : response.topics)
    for (const auto& partition : topic.partitions) {
      said_ += " " + topic.name + "-" + std::to_string(partition.index) + ":" +
               (partition.error_code == ErrorCode::none ? std::to_string(partition.committed_offset)
                                                        : error_code_name(partition.error_code));
      if (partition.metadata && !partition.metadata->empty()) said_ += ":" + *partition.metadata;
    }
  said_ += "\n";
}

void Script::delete_offsets(const Words& words) {
  OffsetDeleteRequest request;
  request.group_id = words.get("group", "g");
  for (const auto& word : words.rest) {
    auto [topic, partition] = partition_of(word);
    request.topics.push_back({topic, {{partition}}});
  }
  core_->delete_offsets(token("admin"), request, time());
}

void Script::describe(const Words& words) {
  auto group = core_->describe(words.get("group", "g"), static_cast<std::int16_t>(words.number("v", 5)));
  said_ += group.group_state;
  if (group.error_code != ErrorCode::none) said_ += std::string(" ") + error_code_name(group.error_code);
  if (group.error_message) said_ += " (" + *group.error_message + ")";
  if (!group.protocol_type.empty()) said_ += " " + group.protocol_type;
  if (!group.protocol_data.empty()) said_ += "/" + group.protocol_data;
  for (const auto& member : group.members) {
    said_ += " " + member.member_id;
    if (member.group_instance_id) said_ += "@" + *member.group_instance_id;
    said_ += "(" + topics_of(member.member_metadata) + "):" + assignment_said(member.member_assignment);
  }
  said_ += "\n";
}

// list [states=Stable,Empty] [types=classic]; with two groups per page
void Script::list(const Words& words) {
  ListGroupsRequest request;
  request.states_filter = split(words.get("states", ""), ',');
  request.types_filter = split(words.get("types", ""), ',');
  std::optional<std::string> after;
  said_ += "groups";
  do {
    auto page = core_->list(request, after, 2);
    if (page.error_code != ErrorCode::none) said_ += std::string(" ") + error_code_name(page.error_code);
    for (const auto& group : page.groups)
      said_ += " " + group.group_id + ":" + group.group_state + ":" + group.protocol_type + ":" + group.group_type;
    after = page.last;
  } while (after);
  said_ += "\n";
}

void Script::fail_over() {
  if (core_) {
    core_->resign();
    take();
  }
  appended_.clear();
  core_ = std::make_unique<GroupCoordinator>(settings_, [this] { return Uuid{0, ++uuids_}; });
  if (topics_) core_->set_topics(topics_, time());
  for (const auto& entry : log_) {
    if (const auto* ended = std::get_if<Marker>(&entry)) {
      core_->transaction_ended(ended->producer, ended->commits);
      continue;
    }
    const auto& [record, producer] = std::get<Logged>(entry);
    EXPECT_TRUE((producer == no_producer_id ? core_->replay(record) : core_->replay(record, producer)).has_value());
  }
  while (!core_->finish_loading(time())) {
  }
}

void Script::take() {
  for (bool more = true; more;) {
    auto output = core_->take_output();
    for (auto& append : output.appends) {
      show(append);
      appended_.push_back(std::move(append));
    }
    for (const auto& answer : output.answers) show(answer);
    more = !hold_ && !appended_.empty();
    if (!more) continue;
    const auto& writer = appended_.front().writer;
    for (const auto& record : appended_.front().records)
      log_.push_back(Logged{record, writer ? writer->producer_id : no_producer_id});
    auto id = appended_.front().id;
    appended_.pop_front();
    core_->committed(id, time());
  }
}

void Script::show(const GroupAppend& append) {
  for (const auto& record : append.records) {
    said_ += "  log " + std::to_string(append.id) + ": ";
    if (append.writer) said_ += "[" + std::to_string(append.writer->producer_id) + "] ";
    if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
      said_ += offset->key.group_id + " " + offset->key.topic + "-" + std::to_string(offset->key.partition) + " ";
      said_ += offset->value ? std::to_string(offset->value->offset) : "deleted";
      if (offset->value && !offset->value->metadata.empty()) said_ += " '" + offset->value->metadata + "'";
    } else if (const auto* group = std::get_if<GroupRecord>(&record)) {
      said_ += group->key.group_id + " ";
      if (!group->value) {
        said_ += "deleted";
      } else {
        said_ += "generation " + std::to_string(group->value->generation) + " " + group->value->protocol_type + "/" +
                 group->value->protocol.value_or("") + " leader " + group->value->leader.value_or("none");
        for (const auto& member : group->value->members)
          said_ += " " + member.member_id + ":" + assignment_said(member.assignment);
      }
    } else {
      show_consumer_record(record);
    }
    said_ += "\n";
  }
}

void Script::show(const GroupAnswer& answer) {
  auto who = waiting_.extract(answer.token);
  ASSERT_TRUE(who) << "answered twice: " << answer.token;
  said_ += who.mapped() + " <- ";
  auto error = [this](ErrorCode code) { said_ += error_code_name(code); };
  if (const auto* joined = std::get_if<JoinGroupResponse>(&answer.response)) {
    if (auto name = short_names(joined->member_id); name != joined->member_id) ids_.emplace(name, joined->member_id);
    error(joined->error_code);
    if (!joined->member_id.empty()) said_ += " member " + joined->member_id;
    if (joined->error_code == ErrorCode::none) {
      said_ += " generation " + std::to_string(joined->generation_id) + " " + joined->protocol_type.value_or("") + "/" +
               joined->protocol_name.value_or("") + " leader " + joined->leader;
      if (joined->skip_assignment) said_ += " skip";
      for (const auto& member : joined->members) said_ += " " + member.member_id + ":" + topics_of(member.metadata);
    }
  } else if (const auto* synced = std::get_if<SyncGroupResponse>(&answer.response)) {
    error(synced->error_code);
    if (synced->error_code == ErrorCode::none) said_ += " assigned " + assignment_said(synced->assignment);
  } else if (const auto* alive = std::get_if<HeartbeatResponse>(&answer.response)) {
    error(alive->error_code);
  } else if (const auto* beaten = std::get_if<ConsumerGroupHeartbeatResponse>(&answer.response)) {
    show(*beaten);
  } else if (const auto* left = std::get_if<LeaveGroupResponse>(&answer.response)) {
    error(left->error_code);
    for (const auto& member : left->members) {
      said_ += " " + member.member_id;
      if (member.group_instance_id) said_ += "@" + *member.group_instance_id;
      said_ += ":";
      error(member.error_code);
    }
  } else if (const auto* committed = std::get_if<OffsetCommitResponse>(&answer.response)) {
    for (const auto& topic : committed->topics)
      for (const auto& partition : topic.partitions) {
        said_ += topic.name + "-" + std::to_string(partition.index) + ":";
        error(partition.error_code);
        said_ += " ";
      }
  } else if (const auto* deleted = std::get_if<OffsetDeleteResponse>(&answer.response)) {
    error(deleted->error_code);
    for (const auto& topic : deleted->topics)
      for (const auto& partition : topic.partitions) {
        said_ += " " + topic.name + "-" + std::to_string(partition.index) + ":";
        error(partition.error_code);
      }
  } else if (const auto* groups = std::get_if<DeleteGroupsResponse>(&answer.response)) {
    for (const auto& result : groups->results) {
      said_ += result.group_id + ":";
      error(result.error_code);
      said_ += " ";
    }
  }
  if (said_.ends_with(' ')) said_.pop_back();
  said_ += "\n";
}

std::string Script::short_names(std::string text) const {
  // All ids that were created, whether or not a client received them.
  static const std::string zeros = "-00000000-0000-4000-8000-";
  for (auto at = text.find(zeros); at != std::string::npos; at = text.find(zeros)) {
    auto begin = text.find_last_of(" \n(:", at);
    begin = begin == std::string::npos ? 0 : begin + 1;
    auto digits = text.substr(at + zeros.size(), 12);
    text.replace(begin, at + zeros.size() + 12 - begin, "m" + std::to_string(std::stoull(digits, nullptr, 16)));
  }
  return text;
}

std::string Script::long_names(std::string text) const {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    bool begins = at > 0 && (text[at - 1] == '=' || text[at - 1] == ' ' || text[at - 1] == ',');
    std::size_t end = at + 1;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    auto id = begins && text[at] == 'm' && end > at + 1 ? ids_.find(text.substr(at, end - at)) : ids_.end();
    if (id != ids_.end()) {
      result += id->second;
      at = end;
    } else {
      result += text[at++];
    }
  }
  return result;
}

}  // namespace fulmar
