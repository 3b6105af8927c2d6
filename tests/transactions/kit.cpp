#include "tests/transactions/kit.h"

#include <gtest/gtest.h>

namespace fulmar {

template <class Ask>
TransactionToken TransactionKit::ask(Ask&& request) {
  auto token = ++last_token_;
  request(token, std::nullopt);
  take();
  if (auto found = answers.find(token); found != answers.end() && found->second.needs_producer_id) {
    token = ++last_token_;
    request(token, std::optional(next_id++));
    take();
  }
  return token;
}

TransactionToken TransactionKit::init(const std::string& id, std::int32_t timeout_ms, ProducerId producer,
                                      std::int16_t epoch) {
  return ask([&](TransactionToken token, std::optional<ProducerId> fresh) {
    core->init(token, {id, producer, epoch}, timeout_ms, fresh, time());
  });
}

TransactionToken TransactionKit::add(const ProducerClaim& producer, const PartitionsByTopic& partitions,
                                     TransactionVersion version) {
  return ask([&](TransactionToken token, std::optional<ProducerId>) {
    core->add_partitions(token, producer, partitions, version, time());
  });
}

TransactionToken TransactionKit::end(const ProducerClaim& producer, TransactionEnd end, TransactionVersion version) {
  return ask([&](TransactionToken token, std::optional<ProducerId> fresh) {
    core->end(token, producer, end, version, fresh, time());
  });
}

TransactionAnswer TransactionKit::said(TransactionToken token) {
  auto found = answers.find(token);
  EXPECT_NE(found, answers.end()) << "not answered yet";
  return found == answers.end() ? TransactionAnswer{.error = ErrorCode::request_timed_out} : found->second;
}

ProducerClaim TransactionKit::producer(const std::string& id, std::int32_t timeout_ms) {
  auto answer = said(init(id, timeout_ms));
  EXPECT_EQ(answer.error, ErrorCode::none);
  return {id, answer.producer_id, answer.producer_epoch};
}

int TransactionKit::mark_all() {
  int count = 0;
  for (const auto& markers : core->unmarked(std::nullopt, 1'000)) {
    for (const auto& [topic, indexes] : markers.partitions) count += static_cast<int>(indexes.size());
    core->marked(markers, time());
    take();
  }
  return count;
}

void TransactionKit::commit_held() {
  hold = false;
  while (!held.empty()) {
    auto append = std::move(held.front());
    held.pop_front();
    log.push_back(append.record);
    core->committed(append.id, time());
    take();
  }
}

void TransactionKit::fail_held(ErrorCode why) {
  hold = false;
  while (!held.empty()) {
    auto id = held.front().id;
    held.pop_front();
    core->append_failed(id, why, time());
    take();
  }
}

void TransactionKit::fail_over() {
  if (core) {
    core->resign();
    take();
  }
  held.clear();
  core = std::make_unique<TransactionCoordinator>(settings);
  for (const auto& record : log) EXPECT_TRUE(core->replay(record).has_value());
  while (!core->finish_loading(time())) {
  }
  pass(milliseconds(0));
}

void TransactionKit::pass(milliseconds passed) {
  auto until = now + passed;
  do {
    auto at = std::max(now, std::min(until, core->next_deadline()));
    wall += (at - now).count() / 1'000'000;
    now = at;
    core->tick(time());
    take();
  } while (now < until || core->next_deadline() <= now);
}

void TransactionKit::take() {
  for (;;) {
    auto output = core->take_output();
    for (auto& answer : output.answers) {
      EXPECT_FALSE(answers.contains(answer.token)) << "answered twice";
      answers[answer.token] = answer;
    }
    if (output.appends.empty()) return;
    for (auto& append : output.appends) {
      if (hold) {
        held.push_back(std::move(append));
        continue;
      }
      EXPECT_TRUE(held.empty());
      log.push_back(append.record);
      core->committed(append.id, time());
    }
    if (hold) return;
    if (core->next_deadline() <= now) core->tick(time());
  }
}

}  // namespace fulmar
