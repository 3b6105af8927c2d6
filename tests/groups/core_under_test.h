// CoreUnderTest: a group coordinator for random tests, with its log, appends that take time, fail, or are lost when
// another coordinator takes over, and a clock that the test advances.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "broker/groups/coordinator.h"
#include "runtime/base/random.h"
#include "tests/groups/pass_time.h"

namespace fulmar {

class CoreUnderTest {
 public:
  virtual ~CoreUnderTest() = default;

 protected:
  explicit CoreUnderTest(std::uint64_t seed) : random_(seed) {}

  virtual void heard(const GroupAnswer& answer) = 0;

  GroupTime time() const { return {now_, wall_}; }

  void set_topics(GroupTopicsPtr topics) {
    known_topics_ = std::move(topics);
    if (core_) core_->set_topics(known_topics_, time());
  }

  // Starts a new coordinator with the records of the log. To be called first, after settings and topics are set.
  void start_core() {
    core_ = std::make_unique<GroupCoordinator>(settings_, [this] { return Uuid{0, ++uuids_}; });
    core_->set_topics(known_topics_, time());
    for (const auto& record : log_) ASSERT_TRUE(core_->replay(record).has_value());
    while (!core_->finish_loading(time())) {
    }
  }

  void take() {
    auto output = core_->take_output();
    for (auto& append : output.appends) appended_.push_back(std::move(append));
    for (const auto& answer : output.answers) heard(answer);
  }

  void commit_all(std::size_t most) {
    for (; most > 0 && !appended_.empty(); --most) {
      auto append = std::move(appended_.front());
      appended_.pop_front();
      log_.insert(log_.end(), append.records.begin(), append.records.end());
      core_->committed(append.id, time());
      take();
    }
  }

  void fail_one() {
    if (appended_.empty()) return;
    auto id = appended_.front().id;
    appended_.pop_front();
    core_->append_failed(id, ErrorCode::not_enough_replicas, time());
    take();
  }

  void fail_over() {
    core_->resign();
    take();
    appended_.clear();
    start_core();
  }

  void pass(std::int64_t ms) {
    pass_time(ms, now_, wall_, core_, [this] {
      core_->tick(time());
      take();
    });
  }

  Random random_;
  GroupSettings settings_;
  std::unique_ptr<GroupCoordinator> core_;
  std::deque<GroupAppend> appended_;  // not committed yet
  std::set<GroupToken> lost_;         // requests whose answers are lost
  GroupToken last_token_ = 0;
  bool hold_ = false;  // appends take longer

 private:
  GroupTopicsPtr known_topics_;
  std::uint64_t uuids_ = 0;
  Instant now_{1'000'000'000};
  Timestamp wall_ = 1'000'000;
  std::vector<StateRecord> log_;
};

}  // namespace fulmar
