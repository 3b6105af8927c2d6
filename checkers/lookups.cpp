// Lookups: for a time, ListOffsets returns the first record with a timestamp at or after it, among the records that
// were certainly in the log; for the maximum, a record with the largest timestamp; and the ends of epochs never go
// back. Checked against a model: the records that were acknowledged or read, since when that was known, and the highest
// log start that is possible. Synced topics only.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "checkers/history.h"

namespace fulmar {

namespace {

struct Known {
  Offset offset;
  Timestamp time;
  Instant since;  // committed by then
};

// The latest time in a range of records, which are added one by one: a tree of maxima, ordered by offset.
class Times {
 public:
  explicit Times(std::size_t size) : size_(size), tree_(2 * size, none) {}

  void set(std::size_t at, Timestamp time) {
    for (at += size_, tree_[at] = time; at > 1;) {
      at /= 2;
      tree_[at] = std::max(tree_[2 * at], tree_[2 * at + 1]);
    }
  }
  // The latest in [begin, end); `none`: nothing is there.
  Timestamp latest(std::size_t begin, std::size_t end) const {
    auto latest = none;
    for (begin += size_, end += size_; begin < end; begin /= 2, end /= 2) {
      if (begin % 2 == 1) latest = std::max(latest, tree_[begin++]);
      if (end % 2 == 1) latest = std::max(latest, tree_[--end]);
    }
    return latest;
  }

  static constexpr Timestamp none = std::numeric_limits<Timestamp>::min();

 private:
  std::size_t size_;
  std::vector<Timestamp> tree_;
};

// All that is known of one partition.
struct Model {
  // Older records may be deleted, and may reappear under a new leader that has not deleted them yet. nullopt: no
  // records are deleted by age.
  std::optional<Duration> kept_for;
  std::map<Offset, Known> records;
  std::vector<std::pair<Instant, Offset>> starts;     // when a request was sent, and the log start in its response
  std::vector<std::pair<Instant, Offset>> deletions;  // when a deletion was requested, and up to which offset
  std::vector<const LookupOperation*> lookups;
};

class Judge {
 public:
  // `epoch_ms`: the time at the life's first instant; used if records are deleted by age.
  Judge(Model& model, Timestamp epoch_ms, Violations& found) : found_(found), times_(model.records.size()) {
    for (const auto& [offset, known] : model.records) records_.push_back(known);
    oldest_.resize(records_.size());
    for (std::size_t i = records_.size(); i-- > 0;)
      oldest_[i] = i + 1 < records_.size() ? std::min(records_[i].time, oldest_[i + 1]) : records_[i].time;
    std::sort(model.lookups.begin(), model.lookups.end(), [](const auto* a, const auto* b) {
      return std::pair(a->invoked, a->completed) < std::pair(b->invoked, b->completed);
    });
    // The lowest log start in responses to requests at or after an instant: before, the log began there or lower.
    std::sort(model.starts.begin(), model.starts.end());
    for (std::size_t i = model.starts.size(); i-- > 1;)
      model.starts[i - 1].second = std::min(model.starts[i - 1].second, model.starts[i].second);
    // Records that a client has asked to delete may be gone, even temporarily if the deletion fails.
    std::sort(model.deletions.begin(), model.deletions.end());
    std::vector<std::size_t> by_time(records_.size());
    for (std::size_t i = 0; i < by_time.size(); ++i) by_time[i] = i;
    std::sort(by_time.begin(), by_time.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(records_[a].since, a) < std::pair(records_[b].since, b);
    });
    std::size_t next = 0;
    for (std::size_t i = 1; i < model.deletions.size(); ++i)
      model.deletions[i].second = std::max(model.deletions[i].second, model.deletions[i - 1].second);
    for (const auto* lookup : model.lookups) {
      for (; next < by_time.size() && records_[by_time[next]].since < lookup->invoked; ++next)
        times_.set(by_time[next], records_[by_time[next]].time);
      auto told = std::lower_bound(model.starts.begin(), model.starts.end(), std::pair(lookup->completed, Offset{-1}));
      auto asked =
          std::lower_bound(model.deletions.begin(), model.deletions.end(), std::pair(lookup->completed, Offset{-1}));
      auto deleted = asked == model.deletions.begin() ? 0 : std::prev(asked)->second;
      if (told == model.starts.end()) {
        judge(*lookup, std::nullopt);
        continue;
      }
      auto start = std::max(told->second, deleted);
      if (model.kept_for)
        start = std::max(start, first_kept(epoch_ms + (lookup->completed - *model.kept_for).ns / 1'000'000));
      judge(*lookup, start);
    }
  }

 private:
  // The offset of the first record such that it and all after it are later than `time`.
  Offset first_kept(Timestamp time) const {
    auto at = std::upper_bound(oldest_.begin(), oldest_.end(), time);
    if (at == oldest_.end()) return std::numeric_limits<Offset>::max();
    return records_[static_cast<std::size_t>(at - oldest_.begin())].offset;
  }
  std::size_t place(Offset offset) const {
    auto at = std::lower_bound(records_.begin(), records_.end(), offset,
                               [](const Known& known, Offset wanted) { return known.offset < wanted; });
    return static_cast<std::size_t>(at - records_.begin());
  }

  // `start`: committed records from there on were in the log at the time; nullopt: of no record is that known.
  void judge(const LookupOperation& lookup, std::optional<Offset> start) {
    bool maximum = lookup.asked == LookupOperation::maximum;
    auto report = [&](const std::string& why) {
      found_.push_back({"lookups", "wrong-offset-for-time", to_string(lookup) + "\n" + why, lookup.completed});
    };
    if (lookup.offset >= 0) {
      auto at = place(lookup.offset);
      bool known = at < records_.size() && records_[at].offset == lookup.offset;
      if (known && records_[at].time != lookup.timestamp)
        return report("that record has time " + std::to_string(records_[at].time));
      if (!maximum && lookup.timestamp < lookup.asked) return report("that is earlier than what was asked for");
    }
    if (!start) return;
    auto begin = place(*start);
    auto end = maximum || lookup.offset < 0 ? records_.size() : place(lookup.offset);
    if (begin >= end) return;
    auto latest = times_.latest(begin, end);
    if (latest == Times::none || latest < 0) return;
    if (maximum ? latest > (lookup.offset < 0 ? -1 : lookup.timestamp) : latest >= lookup.asked)
      report((maximum ? "a record of time " : "an earlier record of time ") + std::to_string(latest) +
             " was known by then, at or after offset " + std::to_string(*start) +
             ", where the log began at the latest");
  }

  Violations& found_;
  std::vector<Known> records_;     // by offset
  std::vector<Timestamp> oldest_;  // the oldest of each record and all after it
  Times times_;
};

// For how long records certainly stay, by the brokers' clocks.
std::optional<Duration> kept_for(const History& history, const TopicPromise& promise) {
  constexpr std::int64_t clocks_differ_ms = 1000;
  if (promise.retention_ms < 0 || promise.retention_ms > history.length_ms) return std::nullopt;
  if (!history.epoch_ms || history.clocks_jump) return Duration::zero();
  return milliseconds(std::max<std::int64_t>(promise.retention_ms - clocks_differ_ms, 0));
}

std::map<TopicPartition, Model> models_of(const History& history) {
  std::map<TopicPartition, Model> models;
  std::map<ValueId, const SendOperation*> senders;
  for (const auto& send : history.sends)
    if (!send.timestamps.empty()) senders.emplace(send.first_value, &send);
  auto time_of = [&](const TopicPartition& tp, ValueId value) -> std::optional<Timestamp> {
    auto after = senders.upper_bound(value);
    if (after == senders.begin()) return std::nullopt;
    const auto& send = *std::prev(after)->second;
    auto place = value - send.first_value;
    if (send.to != tp || place >= send.timestamps.size()) return std::nullopt;
    return send.timestamps[place];
  };
  auto know = [](Model& model, const Known& known) {
    auto [entry, fresh] = model.records.try_emplace(known.offset, known);
    entry->second.since = std::min(entry->second.since, known.since);
  };
  for (const auto& lookup : history.lookups) {
    if (!history.promise(lookup.of).synced) continue;
    auto& model = models[lookup.of];
    model.kept_for = kept_for(history, history.promise(lookup.of));
    if (lookup.asked == LookupOperation::earliest) model.starts.emplace_back(lookup.invoked, lookup.offset);
    if (lookup.asked >= 0 || lookup.asked == LookupOperation::maximum) model.lookups.push_back(&lookup);
  }
  for (const auto& deletion : history.deletes) {
    auto model = models.find(deletion.of);
    if (model == models.end() || deletion.outcome == Outcome::failed) continue;
    auto offset = deletion.offset >= 0 ? deletion.offset : deletion.low_watermark;
    model->second.deletions.emplace_back(deletion.invoked, offset >= 0 ? offset : std::numeric_limits<Offset>::max());
  }
  for (const auto& send : history.sends) {
    auto model = models.find(send.to);
    if (model == models.end() || !history.binds(send)) continue;
    for (std::size_t i = 0; i < send.timestamps.size(); ++i)
      know(model->second, {send.base_offset + static_cast<Offset>(i), send.timestamps[i], send.completed});
  }
  for (const auto& read : history.reads) {
    auto model = models.find(read.from);
    if (model == models.end()) continue;
    if (read.log_start >= 0 && !read.from_follower) model->second.starts.emplace_back(read.invoked, read.log_start);
    for (const auto& record : read.records)
      if (auto time = time_of(read.from, record.value)) know(model->second, {record.offset, *time, read.completed});
  }
  for (const auto& [tp, final_read] : history.final_reads) {
    auto model = models.find(tp);
    if (model == models.end()) continue;
    model->second.starts.emplace_back(Instant::max(), final_read.log_start);
    for (const auto& record : final_read.records)
      if (auto time = time_of(tp, record.value)) know(model->second, {record.offset, *time, Instant::max()});
  }
  return models;
}

// The end of an epoch, as far as is committed: it may grow later. If the beginning of a log is deleted, replicas may
// differ in which of the epochs there they still know.
void check_epoch_ends(const History& history, Violations& found) {
  std::map<std::pair<TopicPartition, Epoch>, std::vector<const EpochEndOperation*>> all;
  auto is_cut = [&](const TopicPartition& tp) {
    auto read = history.final_reads.find(tp);
    return read != history.final_reads.end() && read->second.log_start > 0;
  };
  for (const auto& end : history.epoch_ends)
    if (history.promise(end.of).synced && end.end >= 0 && !is_cut(end.of)) all[{end.of, end.asked}].push_back(&end);
  for (auto& [what, ends] : all) {
    std::vector<const EpochEndOperation*> by_completion = ends;
    // All of one vector: by their places where they were begun, or completed, at once.
    std::sort(ends.begin(), ends.end(),
              [](auto* a, auto* b) { return std::pair(a->invoked, a) < std::pair(b->invoked, b); });
    std::sort(by_completion.begin(), by_completion.end(),
              [](auto* a, auto* b) { return std::pair(a->completed, a) < std::pair(b->completed, b); });
    Offset furthest = -1;
    std::size_t next = 0;
    for (const auto* end : ends) {
      for (; next < by_completion.size() && by_completion[next]->completed < end->invoked; ++next)
        furthest = std::max(furthest, by_completion[next]->end);
      if (end->end >= furthest) continue;
      found.push_back({"lookups", "epoch-end-back",
                       to_string(what.first) + ": epoch " + std::to_string(what.second) + " ends at " +
                           std::to_string(end->end) + " by an answer of " + to_string(end->completed) + ", and at " +
                           std::to_string(furthest) + " by an earlier one",
                       end->completed});
      break;
    }
  }
}

}  // namespace

void check_lookups(const History& history, Violations& found) {
  for (auto& [tp, model] : models_of(history))
    Judge(model, history.epoch_ms.value_or(std::numeric_limits<Timestamp>::max() / 2), found);
  check_epoch_ends(history, found);
}

}  // namespace fulmar
