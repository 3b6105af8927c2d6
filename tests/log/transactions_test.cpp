// Transactions in a partition's log: the last stable offset and the aborted transactions, whatever happens to the log.
#include <gtest/gtest.h>
// Has to come after gtest.h.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

LogConfig small_segments(std::int64_t bytes = 600) {
  LogConfig config;
  config.segment_bytes = bytes;
  config.index_interval_bytes = 64;
  config.retention_ms = -1;
  return config;
}

BatchHeader header_of(const Bytes& batch) {
  return *read_batch_header(batch.view());
}

// Appends as a coordinator does: verified, and without sequences.
Result<Appended, Refusal> append_in_transaction(PartitionLog& log, ProducerId producer, int records = 1,
                                                std::int16_t epoch = 0) {
  auto batch = batch_of(records, "value", World::epoch_ms,
                        {.producer_id = producer, .producer_epoch = epoch, .transactional = true});
  auto header = header_of(batch);
  auto verification = log.producers().begin_verification(header, false, Instant{});
  return log.append(header, batch, 0, {.coordinator = true, .verified = verification});
}

Result<Appended, Refusal> end_transaction(PartitionLog& log, ProducerId producer, bool commit, std::int16_t epoch = 0,
                                          std::int32_t coordinator_epoch = 1, std::int16_t version = 0) {
  auto batch = build_end_marker({commit, coordinator_epoch}, producer, epoch, World::epoch_ms);
  return log.append(header_of(batch), batch, 0, {.coordinator = true, .transaction_version = version});
}

Offset stable(const PartitionLog& log) {
  return log.last_stable_offset(log.log_end()).value_or(-1);
}

class TransactionsInALog : public testing::Test {
 protected:
  // Runs `use` on the log in a process, which then ends in the way of `end`.
  enum class End : std::uint8_t { closed, killed };
  template <class F>
  void with_log(End end, F&& use, LogConfig config = small_segments()) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, clean).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      use(*log);
      ASSERT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
      if (end == End::closed) {
        ASSERT_TRUE(manager.close());
      }
    });
    clean = end == End::closed;
  }

  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");
  bool clean = false;
};

TEST_F(TransactionsInALog, AreUnstableFromTheirFirstRecordUntilTheirMarkerIsCommitted) {
  with_log(End::closed, [](PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_of(2, "plain")));
    EXPECT_EQ(stable(log), 2);
    ASSERT_TRUE(append_in_transaction(log, 7, 3));  // 2, 3, 4
    ASSERT_TRUE(append(log, batch_of(1, "plain")));
    ASSERT_TRUE(append_in_transaction(log, 8));  // 6
    EXPECT_EQ(stable(log), 2);
    ASSERT_TRUE(end_transaction(log, 7, true));  // 7
    EXPECT_EQ(log.last_stable_offset(7), 2) << "the marker is not committed";
    EXPECT_EQ(log.last_stable_offset(8), 6);
    log.producers().note_committed(8);
    EXPECT_EQ(log.last_stable_offset(8), 6);
    ASSERT_TRUE(end_transaction(log, 8, false));  // 8
    EXPECT_EQ(log.last_stable_offset(8), 6);
    EXPECT_EQ(stable(log), 9);
    EXPECT_EQ(log.aborted(0, 9), (std::vector<AbortedTransaction>{{8, 6, 8, 9}}));
  });
}

TEST_F(TransactionsInALog, EndByAMarkerOfTheirEpochOrALaterOneOfACoordinatorThatIsNotDeposed) {
  with_log(End::closed, [](PartitionLog& log) {
    auto refused = [](const auto& result) { return result ? ErrorCode::none : result.error().code; };
    ASSERT_TRUE(append_in_transaction(log, 7, 1, 3));
    EXPECT_EQ(refused(end_transaction(log, 7, false, 2)), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(refused(end_transaction(log, 7, false, 3, 1, 2)), ErrorCode::invalid_producer_epoch)
        << "with version 2 a marker has an epoch of its own: this one is of the transaction before";
    ASSERT_TRUE(end_transaction(log, 7, false, 4, 5, 2));
    EXPECT_EQ(stable(log), 2);
    EXPECT_EQ(refused(append_in_transaction(log, 7, 1, 3)), ErrorCode::invalid_producer_epoch);
    ASSERT_TRUE(end_transaction(log, 7, false, 4, 5, 2)) << "the same marker again ends nothing";
    EXPECT_EQ(log.aborted(0, 10).size(), 1u);
    EXPECT_EQ(refused(end_transaction(log, 7, true, 4, 4)), ErrorCode::transaction_coordinator_fenced);
    ASSERT_TRUE(append_in_transaction(log, 7, 1, 4));
    EXPECT_EQ(stable(log), 3);
  });
}

TEST_F(TransactionsInALog, TakeOnlyWhatIsVerifiedAndNothingElseOfTheirProducer) {
  with_log(End::closed, [](PartitionLog& log) {
    auto refused = [](const auto& result) { return result ? ErrorCode::none : result.error().code; };
    auto of = [](std::int32_t sequence, bool transactional) {
      return batch_of(
          1, "v", World::epoch_ms,
          {.producer_id = 7, .producer_epoch = 0, .base_sequence = sequence, .transactional = transactional});
    };
    auto put = [&](const Bytes& batch, std::optional<std::uint64_t> verified) {
      return log.append(header_of(batch), batch, 0, {.verified = verified});
    };
    auto first = of(0, true);
    EXPECT_EQ(refused(put(first, std::nullopt)), ErrorCode::invalid_txn_state);
    auto asked = log.producers().begin_verification(header_of(first), false, Instant{});
    ASSERT_TRUE(asked.has_value());
    // The transaction is aborted before the coordinator's answer comes: that must not open another one.
    ASSERT_TRUE(end_transaction(log, 7, false));
    EXPECT_EQ(refused(put(first, asked)), ErrorCode::invalid_txn_state);
    // A second batch, verified later, must not be appended before the first.
    asked = log.producers().begin_verification(header_of(first), false, Instant{});
    auto second = of(1, true);
    EXPECT_EQ(log.producers().begin_verification(header_of(second), false, Instant{}), asked);
    EXPECT_EQ(refused(put(second, asked)), ErrorCode::out_of_order_sequence_number);
    ASSERT_TRUE(put(first, asked));
    ASSERT_TRUE(put(second, std::nullopt)) << "the transaction is open";
    EXPECT_EQ(log.producers().begin_verification(header_of(of(2, true)), false, Instant{}), std::nullopt);
    EXPECT_EQ(refused(put(of(2, false), std::nullopt)), ErrorCode::invalid_txn_state);
    auto again = put(second, std::nullopt);
    ASSERT_TRUE(again && again->duplicate);
    ASSERT_TRUE(end_transaction(log, 7, true));
    again = put(second, std::nullopt);
    EXPECT_TRUE(again && again->duplicate) << "a retry is known though the transaction is over";
    ASSERT_TRUE(put(of(2, false), std::nullopt));
  });
}

// Markers and the beginnings of transactions may be in segments whose batches a start does not read.
TEST_F(TransactionsInALog, AreKnownAfterEveryKindOfStart) {
  std::vector<AbortedTransaction> aborted;
  Offset first_open = 0;
  with_log(End::closed, [&](PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_of(1, "plain")));
    for (ProducerId producer = 1; producer < 30; ++producer) {
      ASSERT_TRUE(append_in_transaction(log, producer, 2));
      if (producer == 15) {
        first_open = log.log_end();
        ASSERT_TRUE(append_in_transaction(log, 99));
      }
      ASSERT_TRUE(end_transaction(log, producer, producer % 3 == 0));
    }
    ASSERT_GT(log.segment_count(), 6u);
    EXPECT_EQ(stable(log), first_open);
    aborted = log.aborted(0, log.log_end());
    ASSERT_EQ(aborted.size(), 20u);
  });
  auto expect_known = [&](PartitionLog& log) {
    EXPECT_EQ(stable(log), first_open);
    EXPECT_EQ(log.aborted(0, log.log_end()), aborted);
    EXPECT_TRUE(log.producers().producers().at(99).in_transaction());
    log.producers().expire(Instant{} + std::chrono::hours(1));
    EXPECT_EQ(log.producers().producers().size(), 1u) << "the producer of an open transaction stays";
  };
  with_log(End::killed, expect_known);
  with_log(End::closed, expect_known);
  std::vector<std::string> paths;
  for (const auto& [path, file] : node.disk().image().files())
    if (path.ends_with(".txnindex") || path.ends_with(".snapshot")) paths.push_back(path);
  EXPECT_GT(paths.size(), 12u);
  for (const auto& path : paths) {
    SCOPED_TRACE(path);
    node.disk().lose(path);
    with_log(End::closed, expect_known);
    EXPECT_TRUE(path.ends_with(".snapshot") || node.disk().image().file(path, false)) << "made again";
  }
}

// The checkpoint does not know of the log's markers.
TEST_F(TransactionsInALog, AreKnownWhereTheCheckpointDoesNotKnowOfThem) {
  with_log(End::closed, [](PartitionLog& log) {
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(append_in_transaction(log, 7));
      ASSERT_TRUE(end_transaction(log, 7, false));
    }
  });
  run_process(world, node, [](Host& host) {
    auto text = *read_file(host.disk(), "t-0/fulmar-checkpoint", 1000);
    auto checkpoint = *Checkpoint::decode(text.view());
    EXPECT_EQ(checkpoint.markers_from, 1);
    checkpoint.markers_from = -1;
    ASSERT_TRUE(replace_file(host.disk(), "t-0/fulmar-checkpoint", ByteChain(Bytes::copy_of(checkpoint.encode()))));
    const auto entries = host.disk().list("t-0").value();
    for (const auto& entry : entries)
      if (entry.name.ends_with("index")) {
        ASSERT_TRUE(host.disk().remove("t-0/" + entry.name));
      }
  });
  for (int start = 0; start < 2; ++start)
    with_log(End::closed, [](PartitionLog& log) { EXPECT_EQ(log.aborted(0, log.log_end()).size(), 30u); });
  with_log(End::killed, [](PartitionLog& log) { EXPECT_EQ(log.aborted(0, log.log_end()).size(), 30u); });
}

TEST_F(TransactionsInALog, AreOpenAgainWhenTheirMarkerIsCutOff) {
  with_log(End::closed, [](PartitionLog& log) {
    ASSERT_TRUE(append_in_transaction(log, 7));
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(log, batch_of(1, "a value that takes some room")));
    ASSERT_TRUE(end_transaction(log, 7, false));
    auto marker = log.log_end() - 1;
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(log, batch_of(1, "a value that takes some room")));
    EXPECT_EQ(stable(log), log.log_end());
    ASSERT_TRUE(log.truncate_to(marker + 5));
    EXPECT_EQ(stable(log), marker + 5);
    EXPECT_EQ(log.aborted(0, log.log_end()).size(), 1u);
    ASSERT_TRUE(log.truncate_to(marker));
    EXPECT_EQ(stable(log), 0);
    EXPECT_TRUE(log.aborted(0, log.log_end()).empty());
    ASSERT_TRUE(end_transaction(log, 7, true));
    EXPECT_EQ(stable(log), marker + 1);
    EXPECT_TRUE(log.aborted(0, log.log_end()).empty());
  });
}

// The transactions of a log, computed from its batches.
struct Model {
  struct Entry {
    Offset base, end;
    ProducerId producer = no_producer_id;
    std::optional<bool> commit = {};  // of a marker
    bool transactional = false;
  };
  std::vector<Entry> entries;

  struct Transaction {
    ProducerId producer;
    Offset first;
    Offset marker = -1;
    bool committed = false;
  };
  std::vector<Transaction> transactions() const {
    std::vector<Transaction> all;
    std::map<ProducerId, std::size_t> open;
    for (const auto& entry : entries) {
      if (entry.commit) {
        auto found = open.find(entry.producer);
        if (found == open.end()) continue;
        all[found->second].marker = entry.base;
        all[found->second].committed = *entry.commit;
        open.erase(found);
      } else if (entry.transactional && !open.contains(entry.producer)) {
        open[entry.producer] = all.size();
        all.push_back({entry.producer, entry.base});
      }
    }
    return all;
  }
  Offset stable(Offset committed) const {
    auto lowest = committed;
    for (const auto& one : transactions())
      if (one.marker < 0 || one.marker >= committed) lowest = std::min(lowest, one.first);
    return lowest;
  }
  std::vector<std::pair<ProducerId, Offset>> aborted(Offset from, Offset up_to) const {
    std::vector<std::pair<ProducerId, Offset>> found;
    auto all = transactions();
    std::ranges::sort(all, {}, &Transaction::marker);
    for (const auto& one : all)
      if (one.marker >= from && !one.committed && one.first < up_to) found.emplace_back(one.producer, one.first);
    return found;
  }
};

std::string wrong;
#define HOLD(condition) \
  if (!(condition) && wrong.empty()) wrong = #condition " at line " + std::to_string(__LINE__)

void compare(const PartitionLog& log, const Model& model, Offset committed) {
  for (auto up_to : {committed, (committed + log.log_end()) / 2, log.log_end()}) {
    auto stable = log.last_stable_offset(up_to);
    HOLD(!stable || *stable == model.stable(up_to));
    HOLD(stable || up_to < log.log_end());
  }
  auto stable = model.stable(log.log_end());
  for (Offset from = 0; from < stable; from += 1 + stable / 7) {
    for (Offset up_to = from + 1; up_to <= stable; up_to += 1 + stable / 5) {
      std::vector<std::pair<ProducerId, Offset>> found;
      for (const auto& one : log.aborted(from, up_to)) found.emplace_back(one.producer_id, one.first_offset);
      HOLD(found == model.aborted(from, up_to));
    }
  }
}

enum class Step : std::uint8_t { plain, transactional, commit, abort, cut, commits };

RC_GTEST_PROP(TransactionsInALogModel, AreWhatTheBatchesTellAcrossCutsAndRestarts, ()) {
  wrong.clear();
  const auto config = small_segments(*rc::gen::inRange(150, 1'500));
  World world(*rc::gen::inRange<std::uint64_t>(0, 1'000'000), LogLevel::error);
  auto& node = world.add_node("broker");
  Model model;
  Offset committed = 0;
  bool clean = false;
  for (int life = 0; life < 4; ++life) {
    const auto steps = *rc::gen::container<std::vector<std::tuple<Step, int, int>>>(
        rc::gen::tuple(rc::gen::weightedElement<Step>({{4, Step::plain},
                                                       {8, Step::transactional},
                                                       {3, Step::commit},
                                                       {4, Step::abort},
                                                       {1, Step::cut},
                                                       {2, Step::commits}}),
                       rc::gen::inRange(1, 5), rc::gen::inRange(0, 100)));
    const bool closes = *rc::gen::arbitrary<bool>();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, clean).value();
      compare(*log, model, committed);
      for (auto [step, producer, amount] : steps) {
        auto base = log->log_end();
        if (step == Step::plain) {
          HOLD(append(*log, batch_of(1 + amount % 3, "value")).has_value());
          model.entries.push_back({base, log->log_end()});
        } else if (step == Step::transactional) {
          HOLD(append_in_transaction(*log, producer, 1 + amount % 3).has_value());
          model.entries.push_back({base, log->log_end(), producer, {}, true});
        } else if (step == Step::cut) {
          auto at = committed + (log->log_end() - committed) * amount / 100;
          while (!model.entries.empty() && model.entries.back().end > at) model.entries.pop_back();
          HOLD(log->truncate_to(at).has_value());
        } else if (step == Step::commits) {
          auto at = committed + (log->log_end() - committed) * amount / 100;
          while (at > committed && std::ranges::none_of(model.entries, [&](const auto& e) { return e.end == at; }))
            --at;
          committed = at;
          log->producers().note_committed(committed);
        } else {
          HOLD(end_transaction(*log, producer, step == Step::commit).has_value());
          model.entries.push_back({base, log->log_end(), producer, step == Step::commit, true});
        }
        HOLD(log->log_end() == (model.entries.empty() ? 0 : model.entries.back().end));
        compare(*log, model, committed);
      }
      HOLD(log->wait_stable(log->log_end(), Deadline::never()));
      if (closes) HOLD(manager.close());
    });
    RC_ASSERT(wrong == "");
    if (!closes) node.power_loss();
    clean = closes;
  }
}

}  // namespace
}  // namespace fulmar
