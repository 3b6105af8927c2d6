#include "scenarios/coordinator_log.h"

#include <map>
#include <optional>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/records/consumer_offsets.h"
#include "broker/protocol/records/end_marker.h"
#include "broker/protocol/records/transaction_log.h"
#include "sim/disk_image.h"

namespace fulmar {

namespace {

constexpr std::size_t batch_bytes_max = 64 << 20;

template <class Number>
std::string number(Number value) {
  return std::to_string(value);
}

const char* name_of(TransactionState state) {
  switch (state) {
    case TransactionState::empty: return "empty";
    case TransactionState::ongoing: return "ongoing";
    case TransactionState::prepare_commit: return "to be committed";
    case TransactionState::prepare_abort: return "to be aborted";
    case TransactionState::complete_commit: return "committed";
    case TransactionState::complete_abort: return "aborted";
    case TransactionState::dead: return "dead";
    case TransactionState::prepare_epoch_fence: return "to be fenced";
  }
  return "?";
}

// Group by group, from the records in order. Committed offsets in a transaction count once its marker has come.
class Groups {
 public:
  explicit Groups(const std::map<Uuid, std::string>& topics) : topics_(topics) {}

  void take(const ReadRecord& record) {
    if (!record.key) return;
    auto value = record.value ? std::optional(record.value->view()) : std::nullopt;
    auto read = read_consumer_offsets_record(record.key->view(), value);
    if (!read) return;
    if (record.transactional)
      open_[record.producer_id].push_back(std::move(*read));
    else
      std::visit([this](const auto& known) { apply(known); }, *read);
  }

  void end(ProducerId producer, bool commit) {
    auto open = open_.extract(producer);
    if (open.empty() || !commit) return;
    for (const auto& record : open.mapped()) std::visit([this](const auto& known) { apply(known); }, record);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [id, group] : groups_) {
      auto parts = group.state.empty() ? std::vector<std::string>() : std::vector{group.state};
      for (const auto& [member, what] : group.members) parts.push_back("member " + member + what);
      for (const auto& [of, offset] : group.offsets) parts.push_back(of + " committed to " + number(offset));
      std::string line;
      for (const auto& part : parts) line += (line.empty() ? "group " + id + ": " : ", ") + part;
      if (!line.empty()) all.push_back(std::move(line));
    }
    for (const auto& [producer, records] : open_)
      all.push_back("producer " + number(producer) + " has " + number(records.size()) +
                    " offsets in an open transaction");
    return all;
  }

 private:
  struct Group {
    std::string state;
    std::map<std::string, std::string> members;
    std::map<std::string, std::int64_t> offsets;  // by partition
  };

  void apply(const CoordinatorRecord<OffsetCommitKey>& record) {
    auto& offsets = groups_[record.key.group_id].offsets;
    auto of = record.key.topic + "-" + number(record.key.partition);
    if (record.value)
      offsets[of] = record.value->offset;
    else
      offsets.erase(of);
  }
  void apply(const CoordinatorRecord<GroupMetadataKey>& record) {
    auto& group = groups_[record.key.group_id];
    group.state.clear();
    group.members.clear();
    if (!record.value) return;
    group.state = "classic, generation " + number(record.value->generation);
    for (const auto& member : record.value->members)
      group.members[member.member_id] = record.value->leader == member.member_id ? " (leader)" : "";
  }
  void apply(const CoordinatorRecord<ConsumerGroupMetadataKey>& record) {
    auto& group = groups_[record.key.group_id];
    group.state = record.value ? "consumer group, epoch " + number(record.value->epoch) : "";
    if (!record.value) group.members.clear();
  }
  void apply(const CoordinatorRecord<ConsumerGroupCurrentMemberAssignmentKey>& record) {
    auto& members = groups_[record.key.group_id].members;
    if (!record.value) {
      members.erase(record.key.member_id);
      return;
    }
    constexpr const char* states[] = {"", ", gives up partitions", ", waits for partitions"};
    auto state = static_cast<std::size_t>(record.value->state);
    std::string partitions;
    for (const auto& topic : record.value->assigned_partitions)
      for (auto partition : topic.partitions) partitions += " " + name_of(topic.topic_id) + "-" + number(partition);
    members[record.key.member_id] = " in epoch " + number(record.value->member_epoch) + " with" +
                                    (partitions.empty() ? " nothing" : partitions) + (state < 3 ? states[state] : "");
  }
  template <class Key>
  void apply(const CoordinatorRecord<Key>&) {}  // says nothing that is shown

  std::string name_of(const Uuid& topic) const {
    auto name = topics_.find(topic);
    return name == topics_.end() ? to_string(topic) : name->second;
  }

  const std::map<Uuid, std::string>& topics_;
  std::map<std::string, Group> groups_;
  std::map<ProducerId, std::vector<ConsumerOffsetsRecord>> open_;
};

class Transactions {
 public:
  explicit Transactions(const std::map<Uuid, std::string>&) {}

  void take(const ReadRecord& record) {
    if (!record.key) return;
    auto value = record.value ? std::optional(record.value->view()) : std::nullopt;
    auto read = read_transaction_log_record(record.key->view(), value);
    if (!read) return;
    auto& line = lines_[read->key.transactional_id];
    line.clear();
    if (!read->value) return;
    line = name_of(read->value->transaction_status) + std::string(", producer ") + number(read->value->producer_id) +
           " in epoch " + number(read->value->producer_epoch);
    if (!read->value->transaction_partitions) return;
    for (const auto& topic : *read->value->transaction_partitions)
      for (auto partition : topic.partition_ids) line += ", " + topic.topic + "-" + number(partition);
  }
  void end(ProducerId, bool) {}

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [id, line] : lines_)
      if (!line.empty()) all.push_back("transactional id " + id + ": " + line);
    return all;
  }

 private:
  std::map<std::string, std::string> lines_;
};

// Tells `into` of the records of a segment; false: a batch can't be read.
template <class Into>
bool take_segment(std::string_view segment, Into& into) {
  while (!segment.empty()) {
    auto header = read_batch_header(segment);
    if (!header || header->size() > segment.size()) return false;
    auto batch = Bytes::copy_of(segment.substr(0, header->size()));
    segment.remove_prefix(header->size());
    if (header->control()) {
      if (auto marker = read_end_marker(batch)) into.end(header->producer_id, marker->commit);
      continue;
    }
    auto records = read_records(batch, batch_bytes_max);
    if (!records) return false;
    for (const auto& record : *records) into.take(record);
  }
  return true;
}

template <class Into>
std::vector<std::string> described(const DiskImage& image, std::string_view directory,
                                   const std::map<Uuid, std::string>& topics) {
  Into into(topics);
  auto prefix = std::string(directory) + "/";
  for (const auto& [path, file] : image.files())
    if (path.starts_with(prefix) && path.ends_with(".log") && !take_segment(file->current(), into)) break;
  return into.lines();
}

}  // namespace

std::vector<std::string> describe_coordinator_log(const DiskImage& image, std::string_view directory,
                                                  const std::map<Uuid, std::string>& topics) {
  if (directory.starts_with("__transaction_state-")) return described<Transactions>(image, directory, topics);
  if (directory.starts_with("__consumer_offsets-")) return described<Groups>(image, directory, topics);
  return {};
}

}  // namespace fulmar
