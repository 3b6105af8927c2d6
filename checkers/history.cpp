#include "checkers/history.h"

#include <algorithm>
#include <cstdlib>

namespace fulmar {

std::string to_string(const TopicPartition& tp) {
  return tp.topic + "-" + std::to_string(tp.partition);
}

std::string name_of(const std::string& topic) {
  return topic.substr(0, topic.find('#'));
}

std::int64_t making_of(const std::string& topic) {
  auto mark = topic.find('#');
  return mark == std::string::npos ? 0 : std::strtoll(topic.c_str() + mark + 1, nullptr, 10);
}

bool History::binds(const SendOperation& send) const {
  if (send.outcome != Outcome::ok || send.acks == 0) return false;
  return send.acks == -1 || !promise(send.to).replicated;
}

std::optional<std::size_t> History::era(const TopicPartition& tp, Instant from, Instant to) const {
  const auto& topic = promise(tp);
  if (topic.synced) return 0;
  auto losses_until = [&](Instant at) {
    return static_cast<std::size_t>(
        std::count_if(power_losses.begin(), power_losses.end(), [&](Instant loss) { return loss <= at; }));
  };
  auto losses = losses_until(to);
  if (losses != losses_until(from) || (topic.replicated && losses > 0)) return std::nullopt;
  return losses;
}

std::string to_string(const SendOperation& send) {
  return "[" + to_string(send.invoked) + " .. " + to_string(send.completed) + "] producer " +
         std::to_string(send.producer) + (send.idempotent ? " (idempotent)" : "") + " sends values " +
         std::to_string(send.first_value) + "+" + std::to_string(send.count) + " to " + to_string(send.to) +
         " acks=" + std::to_string(send.acks) + ": " + name_of(send.outcome) +
         (send.base_offset >= 0 ? " at offset " + std::to_string(send.base_offset) : "");
}

std::string to_string(const ReadOperation& read) {
  std::string text = "[" + to_string(read.invoked) + " .. " + to_string(read.completed) + "] consumer " +
                     std::to_string(read.consumer) + " reads " + to_string(read.from) + " from " +
                     std::to_string(read.position) + ": hw=" + std::to_string(read.high_watermark) +
                     " start=" + std::to_string(read.log_start) + " " + std::to_string(read.records.size()) +
                     " records";
  if (!read.records.empty())
    text +=
        " (" + std::to_string(read.records.front().offset) + ".." + std::to_string(read.records.back().offset) + ")";
  return text;
}

std::string to_string(const DeleteOperation& deletion) {
  return "[" + to_string(deletion.invoked) + " .. " + to_string(deletion.completed) + "] records of " +
         to_string(deletion.of) + " before " + std::to_string(deletion.offset) +
         " are deleted: " + name_of(deletion.outcome) +
         (deletion.low_watermark >= 0 ? ", it starts at " + std::to_string(deletion.low_watermark) : "");
}

std::string to_string(const LookupOperation& lookup) {
  auto what = [&] {
    switch (lookup.asked) {
      case LookupOperation::latest: return std::string("the end");
      case LookupOperation::earliest: return std::string("the start");
      case LookupOperation::maximum: return std::string("the latest timestamp");
      default: return "time " + std::to_string(lookup.asked);
    }
  };
  return "[" + to_string(lookup.invoked) + " .. " + to_string(lookup.completed) + "] " + to_string(lookup.of) +
         " is asked for " + what() + ": offset " + std::to_string(lookup.offset) + " time " +
         std::to_string(lookup.timestamp);
}

std::string to_string(const PipedTransaction& transaction) {
  return "transaction " + std::to_string(transaction.number) + " of " + transaction.transactional_id + " (epoch " +
         std::to_string(transaction.epoch) + ", " + std::to_string(transaction.records) + " records, commit [" +
         to_string(transaction.commit_invoked) + " .. " + to_string(transaction.completed) + "])";
}

std::string to_string(const Witness& witness) {
  if (witness.send) return to_string(*witness.send);
  return witness.read ? to_string(*witness.read) : "the final read";
}

}  // namespace fulmar
