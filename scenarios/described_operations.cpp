#include "scenarios/described_operations.h"

#include <string>

namespace fulmar {

namespace {

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string at_offset(Offset offset) {
  return offset >= 0 ? " at offset " + number(offset) : "";
}

// Of a group, or of one of its instances.
std::string member(const std::string& group, const std::string& id, const std::string& instance) {
  return "member " + id + (instance.empty() ? "" : " (instance " + instance + ")") + " of " + group;
}

}  // namespace

LifeRecord::Operation described(const SendOperation& send) {
  return {"producer " + number(send.producer),
          "sends values " + number(static_cast<std::int64_t>(send.first_value)) + "+" + number(send.count) + " to " +
              to_string(send.to) + ", acks=" + number(send.acks),
          send.invoked, send.completed, name_of(send.outcome) + at_offset(send.base_offset)};
}

LifeRecord::Operation described(const ReadOperation& read) {
  auto got = number(static_cast<std::int64_t>(read.records.size())) + " records";
  if (!read.records.empty())
    got += ", " + number(read.records.front().offset) + " to " + number(read.records.back().offset);
  return {"consumer " + number(read.consumer), "reads " + to_string(read.from) + " from " + number(read.position),
          read.invoked, read.completed,
          got + "; high watermark " + number(read.high_watermark) + ", log start " + number(read.log_start)};
}

LifeRecord::Operation described(const DeleteOperation& deletion) {
  auto before = deletion.offset < 0 ? std::string("the high watermark") : number(deletion.offset);
  return {
      "client", "deletes records of " + to_string(deletion.of) + " before " + before, deletion.invoked,
      deletion.completed,
      name_of(deletion.outcome) + (deletion.low_watermark >= 0 ? ", log start " + number(deletion.low_watermark) : "")};
}

LifeRecord::Operation described(const LookupOperation& lookup) {
  return {"client", "looks up timestamp " + number(lookup.asked) + " in " + to_string(lookup.of), lookup.invoked,
          lookup.completed, "offset " + number(lookup.offset) + " of timestamp " + number(lookup.timestamp)};
}

LifeRecord::Operation described(const EpochEndOperation& request) {
  return {"client", "asks for the end of epoch " + number(request.asked) + " of " + to_string(request.of),
          request.invoked, request.completed, "epoch " + number(request.epoch) + " to " + number(request.end)};
}

LifeRecord::Operation described(const TopicOperation& operation) {
  bool creates = operation.kind == TopicOperation::Kind::create;
  return {"client", (creates ? "creates topic " : "deletes topic ") + operation.name, operation.invoked,
          operation.completed, name_of(operation.outcome)};
}

LifeRecord::Operation described(const GroupJoin& join) {
  return {member(join.group, join.member, join.instance), "joins", join.completed, join.completed,
          "generation " + number(join.generation) + (join.leads ? ", as leader" : "")};
}

LifeRecord::Operation described(const GroupSync& sync) {
  std::string partitions;
  for (auto partition : sync.partitions) partitions += " " + number(partition);
  return {member(sync.group, sync.member, sync.instance), "is assigned its partitions", sync.completed, sync.completed,
          "in generation " + number(sync.generation) + ":" + partitions};
}

LifeRecord::Operation described(const GroupCommit& commit) {
  auto what = commit.offset < 0 ? std::string("deletes the offset") : "commits offset " + number(commit.offset);
  return {member(commit.group, commit.member, commit.instance), what + " of partition " + number(commit.partition),
          commit.invoked, commit.completed, name_of(commit.outcome)};
}

LifeRecord::Operation described(const GroupFetch& fetch) {
  return {"client", "asks for the committed offset of " + fetch.group + ", partition " + number(fetch.partition),
          fetch.invoked, fetch.completed, number(fetch.offset)};
}

LifeRecord::Operation described(const PipedTransaction& transaction) {
  return {transaction.transactional_id + " in epoch " + number(transaction.epoch),
          "commits transaction " + number(static_cast<std::int64_t>(transaction.number)) + " of " +
              number(transaction.records) + " records",
          transaction.commit_invoked, transaction.completed, name_of(transaction.outcome)};
}

LifeRecord::Operation described(const TakeOver& taken) {
  return {"client", "takes over transactional id " + taken.transactional_id, taken.completed, taken.completed,
          "epoch " + number(taken.epoch)};
}

LifeRecord::Operation described(const CommittedRead& read) {
  auto got = number(static_cast<std::int64_t>(read.records.size())) + " records";
  if (!read.records.empty())
    got += ", " + number(read.records.front().offset) + " to " + number(read.records.back().offset);
  auto reader = read.transaction ? "transaction " + number(static_cast<std::int64_t>(read.transaction)) : "client";
  return {reader, "reads committed records of " + to_string(read.from), read.completed, read.completed, got};
}

LifeRecord::Operation described(const StableOffset& told) {
  return {"client", "asks for the stable committed offset of " + to_string(told.of), told.invoked, told.completed,
          number(told.offset)};
}

LifeRecord::Operation described(const ControllerOperation& operation) {
  return {"operator",
          (operation.adds ? "adds broker " : "removes broker ") + number(operation.broker) +
              (operation.adds ? " to the controllers" : " from the controllers"),
          operation.invoked, operation.completed, name_of(operation.outcome)};
}

LifeRecord::Operation described(const AccessOperation& operation) {
  using Kind = AccessOperation::Kind;
  switch (operation.kind) {
    case Kind::grant:
    case Kind::withdraw: {
      auto shown = operation.outcome == Outcome::ok ? "every broker shows it" : name_of(operation.outcome);
      return {
          "operator",
          (operation.kind == Kind::grant ? "grants everybody access to " : "withdraws access to ") + operation.topic,
          operation.invoked, operation.completed, shown};
    }
    case Kind::write:
    case Kind::read: break;
  }
  auto answered = operation.outcome == Outcome::ok       ? "allowed"
                  : operation.outcome == Outcome::failed ? "denied"
                                                         : name_of(operation.outcome);
  return {"client", (operation.kind == Kind::write ? "tries to write to " : "tries to read ") + operation.topic,
          operation.invoked, operation.completed, answered};
}

LifeRecord::Operation described(const AuthenticationAttempt& attempt) {
  auto answered = attempt.outcome == Outcome::ok       ? "let in"
                  : attempt.outcome == Outcome::failed ? "refused"
                                                       : name_of(attempt.outcome);
  return {"visitor",
          "authenticates to broker " + number(attempt.broker) + " as " + attempt.user + " with " + attempt.mechanism +
              " and the password " + attempt.password,
          attempt.invoked, attempt.completed, answered};
}

LifeRecord::Operation described(const GuardedRequest& request) {
  auto answered = request.outcome == Outcome::ok       ? "answered"
                  : request.outcome == Outcome::failed ? "connection closed"
                                                       : name_of(request.outcome);
  return {"visitor", "sends broker " + number(request.broker) + " " + request.what, request.invoked, request.completed,
          answered};
}

LifeRecord::Operation described(const KeyedSend& send) {
  auto value = send.value ? "value " + number(static_cast<std::int64_t>(*send.value)) : std::string("a tombstone");
  return {"producer " + number(send.producer),
          "sends " + value + " of key " + send.key + " to partition " + number(send.partition), send.invoked,
          send.completed, name_of(send.outcome) + at_offset(send.offset)};
}

LifeRecord::Operation described(const KeyedRead& read) {
  return {"client", "reads partition " + number(read.partition) + " of the compacted topic", read.completed,
          read.completed, number(static_cast<std::int64_t>(read.records.size())) + " records"};
}

}  // namespace fulmar
