// An administrator with topics that nobody else uses, so that it knows what has to be shown of them: it makes them,
// adds partitions, moves replicas and takes moves back, sets and unsets properties, has changes only validated, and
// deletes them. What it was told is made has to be shown in the end, and nothing else may be.
//
// After a request of unknown outcome the topic is left alone, and the next one has a new name.
#include <algorithm>
#include <map>
#include <set>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/topic_view.h"

namespace fulmar {

namespace {

constexpr Duration shown_max = seconds(40);  // for what was acknowledged to be shown, once the core is to be well
constexpr Duration move_max = seconds(8);    // then a move is taken back
constexpr Duration look_interval = milliseconds(200);
constexpr std::int32_t partitions_max = 8;
constexpr std::int32_t steps_max = 8;

using Replicas = TopicView::Replicas;
using Shown = TopicView::Shown;

// Whether the request was carried out: yes, no, or nobody knows.
enum class Done : unsigned char { yes, no, in_doubt };

Done done_by(ErrorCode error) {
  switch (error) {
    case ErrorCode::none: return Done::yes;
    case ErrorCode::not_controller:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::invalid_replica_assignment:
    case ErrorCode::throttling_quota_exceeded: return Done::no;
    default: return Done::in_doubt;
  }
}

std::string text_of(const Replicas& replicas) {
  std::string text;
  for (auto id : replicas) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

std::string text_of(const Shown& shown) {
  std::string text;
  for (const auto& replicas : shown) text += " [" + text_of(replicas) + "]";
  return text.empty() ? " nothing" : text;
}

class Owner {
 public:
  Owner(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        view_(host, workload, random_.split("view")),
        factor_(workload.plan.setting(settings::replication_factor)) {}

  void live() {
    bool again = false;  // the topic of that name was deleted for certain
    while (!workload_.stop) {
      if (!again) name_ = "owned-" + std::to_string(workload_.next_owned++);
      rest();
      if (!make(std::exchange(again, false))) continue;
      bool known = is_shown("made");
      for (auto steps = random_.between(1, steps_max); known && steps > 0 && !workload_.stop; --steps) {
        rest();
        known = change();
      }
      if (known && !workload_.stop) again = remove();
    }
  }

 private:
  void rest() { pause(host_, random_, workload_.plan.setting(settings::owner_pace_ms)); }

  void violate(const char* anomaly, const std::string& text) {
    workload_.seen.push_back({"administration", anomaly, name_ + " " + text, host_.clock().now()});
  }

  Replicas choose_replicas() {
    Replicas all;
    for (std::int64_t id = 1; id <= workload_.plan.setting(settings::brokers); ++id)
      all.push_back(static_cast<std::int32_t>(id));
    for (std::size_t i = 0; i < static_cast<std::size_t>(factor_); ++i)
      std::swap(all[i], all[i + random_.below(all.size() - i)]);
    all.resize(static_cast<std::size_t>(factor_));
    return all;
  }

  // Returns whether it exists now, as `partitions_` and `configs_` say. `again`: brokers that are behind may show an
  // earlier one of that name.
  bool make(bool again) {
    CreateTopicsRequest request;
    request.timeout_ms = 2000;
    auto& topic = request.topics.emplace_back();
    topic.name = name_;
    const auto count = static_cast<std::int32_t>(random_.between(1, 4));
    partitions_.assign(static_cast<std::size_t>(count), {});
    configs_.clear();
    moved_.clear();
    view_.follow(name_);
    topic.num_partitions = topic.replication_factor = -1;
    if (random_.chance(1, 2)) {
      for (std::int32_t index = 0; index < count; ++index) {
        auto& replicas = partitions_[static_cast<std::size_t>(index)] = choose_replicas();
        topic.assignments.push_back({index, replicas});
      }
    } else {
      topic.num_partitions = count;
      topic.replication_factor = static_cast<std::int16_t>(factor_);
    }
    if (random_.chance(1, 2)) {
      auto name = choose_property();
      configs_[name] = choose_value(name);
      topic.configs.push_back({name, configs_[name]});
    }
    if (!again && random_.chance(1, 3) && !is_only_validated(request)) return false;
    request.validate_only = false;
    auto response = view_.ask<CreateTopicsResponse>(request);
    if (!response || response->topics.size() != 1) return false;
    const auto& result = response->topics[0];
    if (result.error_code != ErrorCode::none) return false;
    workload_.marks.reach(Mark::owned_topic_made);
    view_.follow(result.topic_id);
    if (result.topic_config_error_code == ErrorCode::none &&
        (result.num_partitions != count || result.replication_factor != factor_))
      violate("wrong-answer", "was made with " + std::to_string(count) + " partitions of " + std::to_string(factor_) +
                                  " replicas, and the answer says " + std::to_string(result.num_partitions) + " of " +
                                  std::to_string(result.replication_factor));
    return true;
  }

  // Nobody may show what was only validated.
  bool is_only_validated(CreateTopicsRequest request) {
    request.validate_only = true;
    auto response = view_.ask<CreateTopicsResponse>(request);
    if (!response || response->topics.size() != 1 || response->topics[0].error_code != ErrorCode::none) return true;
    workload_.marks.reach(Mark::change_only_validated);
    for (int looks = 0; looks < 3; ++looks) {
      auto shown = view_.look();
      if (shown && !shown->empty()) {
        violate("made-by-validation", "was only to be validated, and is shown:" + text_of(*shown));
        return false;
      }
      host_.clock().sleep_for(look_interval);
    }
    return true;
  }

  // Replicas that the brokers placed, or whose order they chose, are not known before they are seen: then they are as
  // many as were asked for.
  static bool agrees(const Replicas& known, const Replicas& shown, std::int64_t factor) {
    if (!known.empty()) return known == shown;
    return std::ssize(shown) == factor && std::set(shown.begin(), shown.end()).size() == shown.size();
  }
  bool agrees(const Shown& shown) const {
    if (shown.size() != partitions_.size()) return false;
    for (std::size_t i = 0; i < shown.size(); ++i)
      if (!agrees(partitions_[i], shown[i], factor_)) return false;
    return true;
  }

  // Looks until `holds()`; from the end of the safety act on for so long. Returns false if it does not come true.
  template <class Holds>
  bool comes_true(const Holds& holds) {
    auto give_up = Instant::max();
    for (;;) {
      if (holds()) return true;
      if (workload_.stop && give_up == Instant::max()) give_up = host_.clock().now() + shown_max;
      if (host_.clock().now() >= give_up) return false;
      host_.clock().sleep_for(look_interval);
    }
  }

  // Whether its partitions, and what is set, are shown as they have to be; a violation if they never are.
  bool is_shown(const char* since) {
    std::optional<Shown> last;
    std::string wrong;
    bool right = comes_true([&] {
      if (auto shown = view_.look()) last = std::move(shown);
      if (!last || !agrees(*last)) return false;
      auto differs = view_.differing_config(configs_);
      if (differs) wrong = *differs;
      return differs && differs->empty();
    });
    if (right) {
      for (std::size_t i = 0; i < partitions_.size(); ++i)
        if (!moved_.contains(static_cast<std::int32_t>(i))) partitions_[i] = (*last)[i];
      return true;
    }
    if (last && !agrees(*last))
      violate("not-as-made",
              std::string("was ") + since + ", and is shown as" + text_of(*last) + ", not" + text_of(partitions_));
    else if (!wrong.empty())
      violate("not-as-set", std::string("was ") + since + ", and " + wrong);
    return false;
  }

  std::string choose_property() { return TopicView::properties()[random_.below(TopicView::properties().size())]; }
  std::string choose_value(const std::string& name) {
    if (name == "cleanup.policy") return random_.chance(1, 2) ? "compact" : "delete";
    return std::to_string(random_.between(1'000'000, 100'000'000));
  }

  // Returns whether it is known how the topic is now.
  bool change() {
    switch (random_.below(5)) {
      case 0: return add_partitions();
      case 1: return alter_some();
      case 2: return alter_all();
      default: return move();
    }
  }

  bool add_partitions() {
    const auto before = static_cast<std::int32_t>(partitions_.size());
    if (before >= partitions_max) return true;
    CreatePartitionsRequest request;
    request.timeout_ms = 2000;
    auto& topic = request.topics.emplace_back();
    topic.name = name_;
    topic.count = static_cast<std::int32_t>(random_.between(before + 1, std::min(before + 2, partitions_max)));
    std::vector<Replicas> added(static_cast<std::size_t>(topic.count - before));
    if (random_.chance(1, 3)) {
      topic.assignments.emplace();
      for (auto& replicas : added) topic.assignments->push_back({replicas = choose_replicas()});
    }
    if (random_.chance(1, 2)) {
      request.validate_only = true;
      (void)view_.ask<CreatePartitionsResponse>(request);
      if (!is_shown("only asked about more partitions")) return false;
      request.validate_only = false;
    }
    auto response = view_.ask<CreatePartitionsResponse>(request);
    if (!response || response->results.size() != 1) return false;
    auto error = response->results[0].error_code;
    if (auto done = done_by(error); done != Done::yes) return done == Done::no;
    partitions_.insert(partitions_.end(), added.begin(), added.end());
    return is_shown("given partitions");
  }

  bool alter_some() {
    IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back(static_cast<std::int8_t>(ConfigResource::topic), name_);
    auto wanted = configs_;
    auto name = choose_property();
    auto add = [&](ConfigOperation operation, std::optional<std::string> value) {
      resource.configs.push_back({name, static_cast<std::int8_t>(operation), std::move(value)});
    };
    if (name == "cleanup.policy" && random_.chance(1, 2)) {
      add(ConfigOperation::append, "compact");
      auto before = wanted.contains(name) ? wanted[name] : "delete";
      wanted[name] = before.find("compact") == std::string::npos ? before + ",compact" : before;
    } else if (random_.chance(1, 3)) {
      add(ConfigOperation::remove, std::nullopt);
      wanted.erase(name);
    } else {
      wanted[name] = choose_value(name);
      add(ConfigOperation::set, wanted[name]);
    }
    request.validate_only = random_.chance(1, 5);
    auto response = view_.ask<IncrementalAlterConfigsResponse>(request);
    if (!response || response->responses.size() != 1) return request.validate_only;
    return is_altered(response->responses[0].error_code, request.validate_only, std::move(wanted));
  }

  // What is not named is not set any more.
  bool alter_all() {
    AlterConfigsRequest request;
    auto& resource = request.resources.emplace_back(static_cast<std::int8_t>(ConfigResource::topic), name_);
    std::map<std::string, std::string> wanted;
    for (const auto& name : TopicView::properties())
      if (random_.chance(1, 3)) {
        wanted[name] = choose_value(name);
        resource.configs.push_back({name, wanted[name]});
      }
    request.validate_only = random_.chance(1, 5);
    auto response = view_.ask<AlterConfigsResponse>(request);
    if (!response || response->responses.size() != 1) return request.validate_only;
    return is_altered(response->responses[0].error_code, request.validate_only, std::move(wanted));
  }

  bool is_altered(ErrorCode error, bool only_validated, std::map<std::string, std::string> wanted) {
    auto done = done_by(error);
    if (only_validated) return is_shown("only asked about properties");
    if (done != Done::yes) return done == Done::no;
    configs_ = std::move(wanted);
    return is_shown("given properties");
  }

  // `replicas`: none takes the move back. The error for the partition; nullopt: no answer.
  std::optional<ErrorCode> ask_to_move(std::int32_t index, std::optional<Replicas> replicas) {
    AlterPartitionReassignmentsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({name_, {{index, std::move(replicas)}}});
    auto response = view_.ask<AlterPartitionReassignmentsResponse>(request);
    if (!response) return std::nullopt;
    if (response->error_code != ErrorCode::none) return response->error_code;
    if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return std::nullopt;
    return response->topics[0].partitions[0].error_code;
  }

  // Moves a partition, at times somewhere else meanwhile, and at times back: that is where it was before. Each once, so
  // that no broker that is behind shows it where it goes.
  bool move() {
    const auto index = static_cast<std::int32_t>(random_.below(partitions_.size()));
    if (!moved_.insert(index).second) return true;
    const auto before = partitions_[static_cast<std::size_t>(index)];
    std::vector<Replicas> ends{before};  // where it may end up
    for (auto moves = random_.between(1, 2); moves > 0; --moves) {
      auto wanted = choose_replicas();
      auto error = ask_to_move(index, wanted);
      auto done = error ? done_by(*error) : Done::in_doubt;
      if (done != Done::yes) return done == Done::no && ends.size() == 1;
      ends.push_back(std::move(wanted));
      workload_.marks.reach(Mark::owned_partition_moved);
      if (moves > 1 && random_.chance(1, 2)) pause(host_, random_, 300);
    }
    if (random_.chance(1, 3)) {
      if (is_there(index, ends.back())) return true;
    } else if (random_.chance(1, 3)) {
      pause(host_, random_, 1500);
    }
    return take_back(index, std::move(ends));
  }

  // Whether it is shown where it was to go, and nowhere else. Without patience for it.
  bool is_there(std::int32_t index, const Replicas& target) {
    for (const auto give_up = host_.clock().now() + move_max; !workload_.stop && host_.clock().now() < give_up;) {
      auto shown = view_.look();
      if (shown && shown->size() == partitions_.size() && (*shown)[static_cast<std::size_t>(index)] == target) {
        partitions_[static_cast<std::size_t>(index)] = target;
        return true;
      }
      host_.clock().sleep_for(look_interval);
    }
    return false;
  }

  static Replicas sorted(Replicas replicas) {
    std::ranges::sort(replicas);
    return replicas;
  }

  // Of several moves, an earlier one may be over when the next one comes: then that is where it goes back to. Its order
  // is as Kafka leaves it: that of what was wanted last.
  bool take_back(std::int32_t index, std::vector<Replicas> ends) {
    const auto target = ends.back();  // there it was not yet if it was taken back
    ends.pop_back();
    auto error = ask_to_move(index, std::nullopt);
    const bool is_back = error == ErrorCode::none;
    if (!is_back && error != ErrorCode::no_reassignment_in_progress) return false;
    if (is_back) workload_.marks.reach(Mark::owned_move_taken_back);
    for (auto& replicas : ends) std::ranges::sort(replicas);
    // A request that was passed on twice may have taken it back, and find nothing to take back. But not from where the
    // same replicas were to be in another order, which is no move.
    if (!is_back) std::erase(ends, sorted(target));
    std::optional<Shown> last;
    const bool right = comes_true([&] {
      auto shown = view_.look();
      if (!shown || shown->size() != partitions_.size()) return false;
      last = std::move(shown);
      const auto& now = (*last)[static_cast<std::size_t>(index)];
      return (!is_back && now == target) || std::ranges::find(ends, sorted(now)) != ends.end();
    });
    if (!is_back) ends.push_back(target);
    partitions_[static_cast<std::size_t>(index)] = {};
    // Where it is among several may be seen at a broker that is behind.
    if (right) return std::ranges::all_of(ends, [&](const Replicas& end) { return end == ends.front(); });
    // Where the replicas have gone already, they come back only with brokers that are there.
    auto is_away = [&](std::int32_t id) { return !workload_.core.contains(id); };
    if (std::ranges::any_of(ends, [&](const Replicas& end) { return std::ranges::any_of(end, is_away); })) return false;
    if (last)
      violate("not-as-moved", "was moved, and back, and is shown as" + text_of(*last) + "; partition " +
                                  std::to_string(index) + " may be, in any order," + text_of(ends));
    return false;
  }

  // Returns whether it is gone: then a new one can have its name.
  bool remove() {
    DeleteTopicsRequest request;
    request.timeout_ms = 2000;
    if (!view_.id().is_zero() && random_.chance(1, 2)) {
      request.topics = {{std::nullopt, view_.id()}};
    } else {
      request.topics = {{name_, {}}};
      request.topic_names = {name_};
    }
    auto response = view_.ask<DeleteTopicsResponse>(request);
    if (!response || response->responses.size() != 1) return false;
    if (response->responses[0].error_code != ErrorCode::none) return false;
    std::optional<Shown> last;
    if (comes_true([&] {
          if (auto shown = view_.look()) last = std::move(shown);
          return last && last->empty();
        }))
      return true;
    if (last) violate("not-deleted", "was deleted, and is shown:" + text_of(*last));
    return false;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  TopicView view_;
  const std::int64_t factor_;
  std::string name_;
  std::set<std::int32_t> moved_;
  Shown partitions_;  // none yet: not known
  std::map<std::string, std::string> configs_;
};

}  // namespace

void own_topics(Host& host, Workload& workload) {
  for (auto mark :
       {Mark::owned_topic_made, Mark::change_only_validated, Mark::owned_partition_moved, Mark::owned_move_taken_back})
    workload.marks.expect(mark);
  Owner(host, workload).live();
}

}  // namespace fulmar
