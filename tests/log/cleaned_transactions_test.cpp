// Transactions in a log that is cleaned: readers of committed records get the same as before, no batch remains part of
// a transaction, and markers go once they end nothing.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "broker/log/compaction.h"
#include "broker/log/log_invariants.h"
#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

constexpr auto at_once = [](std::size_t) { return Result<void>(); };

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 500;
  config.index_interval_bytes = 64;
  config.retention_ms = -1;
  config.min_cleanable_ppm = 0;
  return config;
}

// What the log should tell, by what was written to it.
struct Expected {
  struct Producer {
    std::int16_t epoch = 0;
    std::int32_t coordinator_epoch = -1;
    std::int32_t next_sequence = 0;
    Offset open_since = -1;
    std::map<Offset, std::string> open;  // the keys of its open transaction's records
    Offset last_marker = -1;
  };
  std::map<ProducerId, Producer> producers;
  std::map<Offset, std::string> committed;  // keys; the value of a record is its offset
};

void write(PartitionLog& log, Expected& expected, ProducerId id, const std::string& key,
           Compression codec = Compression::none) {
  auto& producer = expected.producers[id];
  const auto offset = log.log_end();
  auto batch =
      build_batch({{key, std::to_string(offset), World::epoch_ms, {}}}, {.codec = codec,
                                                                         .producer_id = id,
                                                                         .producer_epoch = producer.epoch,
                                                                         .base_sequence = producer.next_sequence++,
                                                                         .transactional = true});
  auto header = *read_batch_header(batch.view());
  auto verification = log.producers().begin_verification(header, false, Instant{});
  auto done = log.append(header, batch, 0, {.verified = verification});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  if (producer.open_since < 0) producer.open_since = offset;
  producer.open[offset] = key;
}

// `bumps`: the transaction had an epoch of its own (KIP-890).
void finish(PartitionLog& log, Expected& expected, ProducerId id, bool commit, bool bumps = false,
            std::int32_t coordinator_epoch = 1) {
  auto& producer = expected.producers[id];
  if (bumps) {
    ++producer.epoch;
    producer.next_sequence = 0;
  }
  producer.coordinator_epoch = coordinator_epoch;
  producer.last_marker = log.log_end();
  auto batch = build_end_marker({commit, coordinator_epoch}, id, producer.epoch, World::epoch_ms);
  const auto version = static_cast<std::int16_t>(bumps ? 2 : 0);
  auto done =
      log.append(*read_batch_header(batch.view()), batch, 0, {.coordinator = true, .transaction_version = version});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  if (commit) expected.committed.merge(producer.open);
  producer.open.clear();
  producer.open_since = -1;
}

void write_plain(PartitionLog& log, Expected& expected, const std::string& key) {
  expected.committed[log.log_end()] = key;
  ASSERT_TRUE(append(log, build_batch({{key, std::to_string(log.log_end()), World::epoch_ms, {}}})));
}

void scan(const PartitionLog& log, const std::function<void(const BatchHeader&, const Bytes&)>& visit) {
  for (auto from = log.held_from(); from < log.log_end();) {
    auto bytes = log.read(from, log.log_end(), 4096, true);
    ASSERT_TRUE(bytes.has_value()) << to_string(bytes.error());
    if (bytes->empty()) return;
    for (Bytes rest = *bytes; !rest.empty();) {
      auto header = *read_batch_header(rest.view());
      visit(header, rest.slice(0, header.size()));
      from = header.next_offset();
      rest = rest.slice(header.size());
    }
  }
}

std::set<Offset> markers(const PartitionLog& log) {
  std::set<Offset> found;
  scan(log, [&](const BatchHeader& header, const Bytes& batch) {
    EXPECT_EQ(header.control(), read_end_marker(batch).has_value()) << header.base_offset;
    if (header.control()) found.insert(header.base_offset);
  });
  return found;
}

// The keys of the committed records below the last stable offset, as Kafka's consumer reads them: it skips the batches
// of aborted transactions, of which it is told their first offsets, up to their markers.
std::map<Offset, std::string> read_committed(const PartitionLog& log) {
  std::map<Offset, std::string> found;
  const auto stable = log.last_stable_offset(log.stable_end()).value_or(0);
  auto told = log.aborted(log.held_from(), stable);
  std::ranges::sort(told, {}, &AbortedTransaction::first_offset);
  auto next = told.begin();
  std::set<ProducerId> aborting;
  scan(log, [&](const BatchHeader& header, const Bytes& batch) {
    if (header.next_offset() > stable) return;
    for (; next != told.end() && next->first_offset <= header.last_offset(); ++next) aborting.insert(next->producer_id);
    if (auto marker = read_end_marker(batch)) {
      if (!marker->commit) aborting.erase(header.producer_id);
      return;
    }
    if (header.transactional() && aborting.contains(header.producer_id)) return;
    const auto records = read_records(batch, 1 << 20).value();
    for (const auto& record : records) {
      EXPECT_EQ(record.value->view(), std::to_string(record.offset));
      found.emplace(record.offset, std::string(record.key->view()));
    }
  });
  return found;
}

// `cleaned_to`: of the log, or of the one that it was copied from.
void check(const PartitionLog& log, const Expected& expected, Offset cleaned_to) {
  EXPECT_EQ(LogInvariants::broken_throughout(log).value_or(""), "");
  Offset stable = log.log_end();
  const auto there = markers(log);
  for (const auto& [id, producer] : expected.producers) {
    if (producer.open_since >= 0) stable = std::min(stable, producer.open_since);
    auto known = log.producers().producers().find(id);
    ASSERT_NE(known, log.producers().producers().end()) << id;
    EXPECT_EQ(known->second.epoch, producer.epoch) << id;
    EXPECT_EQ(known->second.coordinator_epoch, producer.coordinator_epoch) << id;
    EXPECT_EQ(known->second.open_since, producer.open_since) << id;
    if (producer.next_sequence > 0) {
      ASSERT_GT(known->second.count, 0u) << id;
      EXPECT_EQ(known->second.last().last_sequence, producer.next_sequence - 1) << id;
    }
    if (producer.last_marker >= 0) {
      EXPECT_TRUE(there.contains(producer.last_marker)) << id;
    }
  }
  EXPECT_EQ(log.last_stable_offset(log.log_end()), stable);
  scan(log, [&](const BatchHeader& header, const Bytes&) {
    EXPECT_FALSE(header.transactional() && !header.control() && header.base_offset < cleaned_to) << header.base_offset;
  });
  // What is gone has a later committed record of its key, and must be if both are clean.
  const auto found = read_committed(log);
  std::map<std::string, Offset> last;
  for (const auto& [offset, key] : expected.committed)
    if (offset < stable) last[key] = offset;
  for (const auto& [offset, key] : expected.committed) {
    if (offset >= stable) continue;
    if (!found.contains(offset)) {
      EXPECT_LT(offset, last.at(key)) << key << " is lost";
    }
    if (found.contains(offset) && last.at(key) < cleaned_to) {
      EXPECT_EQ(offset, last.at(key)) << key << " is superseded";
    }
  }
  for (const auto& [offset, key] : found) {
    auto sent = expected.committed.find(offset);
    EXPECT_TRUE(sent != expected.committed.end() && sent->second == key) << offset << " is read";
  }
}

// Makes one pass, like the broker's cleaner. `now` is the delete horizon of what has none yet. False: nothing to do.
bool clean(PartitionLog& log, const ExpiryRule& rule) {
  const auto stable = log.last_stable_offset(log.stable_end()).value_or(0);
  const auto policy = policy_of(log.config());
  auto closed = closed_segments(log, stable).value();
  auto plan = plan_cleaning(closed, log.cleaned_to(), policy, 0);
  if (!plan.due) return false;
  const auto cuts = log.cuts();
  KeyOffsets last(1 << 20, 7);
  auto end = note_keys(log, plan.from, plan.up_to, last, at_once).value();
  const Expiry expiry{.delete_horizon = rule.now, .marker_goes = [&](const BatchHeader& header) {
                        return fate_of_marker(header, rule) == Fate::expired;
                      }};
  for (const auto& run : plan_runs(closed, end, policy)) {
    auto rewritten = log.rewrite(
        run.base_offset, run.count, stable,
        [&](const ReadRecord& record) { return fate_of(record, last, end, rule) == Fate::stays; }, expiry);
    EXPECT_TRUE(rewritten.has_value()) << to_string(rewritten.error());
    if (rewritten && *rewritten) {
      EXPECT_TRUE(log.replace_segments(std::move(**rewritten)).value_or(false));
    }
  }
  EXPECT_TRUE(log.note_cleaned(end, cuts));
  return true;
}

// Begins a new segment, so that all before is closed.
void close_segment(PartitionLog& log, Expected& expected) {
  const auto count = log.segment_count();
  while (log.segment_count() == count) write_plain(log, expected, "filling " + std::to_string(log.log_end()));
  ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
}

template <class F>
void with_log(F&& use) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    use(*log);
  });
}

TEST(CleanedTransactions, MarkersGoAfterTheirHorizonWhereAllAreCleanUnlessTheyAreTheirProducersLast) {
  with_log([](PartitionLog& log) {
    Expected expected;
    write(log, expected, 7, "a");     // 0
    finish(log, expected, 7, false);  // 1
    write(log, expected, 7, "b");     // 2
    finish(log, expected, 7, true);   // 3
    write(log, expected, 8, "c");     // 4
    finish(log, expected, 8, false);  // 5
    auto once_more = [&](const ExpiryRule& rule) {
      close_segment(log, expected);
      ASSERT_TRUE(clean(log, rule));
      check(log, expected, log.cleaned_to());
    };
    once_more({.below = 100, .now = 50});
    EXPECT_EQ(markers(log), (std::set<Offset>{1, 3, 5})) << "they got their horizon just now";
    EXPECT_EQ(log.aborted(0, 6).size(), 2u);
    once_more({.below = 100, .now = 49});
    EXPECT_EQ(markers(log), (std::set<Offset>{1, 3, 5})) << "too early";
    once_more({.below = 1, .now = 60});
    EXPECT_EQ(markers(log), (std::set<Offset>{1, 3, 5})) << "others may have the records";
    EXPECT_EQ(log.aborted_forgotten(), 0u);
    once_more({.below = 100, .now = 60});
    EXPECT_EQ(markers(log), (std::set<Offset>{3, 5}));
    EXPECT_EQ(log.aborted(0, 6), (std::vector<AbortedTransaction>{{8, 4, 5, 6}})) << "as long as the marker";
    EXPECT_EQ(log.aborted_forgotten(), 1u);
    finish(log, expected, 8, false, true);
    once_more({.below = 100, .now = 60});
    EXPECT_EQ(markers(log).size(), 2u) << "of 7, and the later one of 8";
    EXPECT_TRUE(log.aborted(0, 6).empty());
    log.producers().expire(Instant{} + std::chrono::hours(1));
    expected.producers.clear();
    once_more({.below = 100, .now = 60});
    EXPECT_TRUE(markers(log).empty()) << "their producers are forgotten";
  });
}

TEST(CleanedTransactions, ACommittedBatchIsAnOrdinaryOneOfItsProducer) {
  for (auto codec : {Compression::none, Compression::zstd})
    with_log([&](PartitionLog& log) {
      Expected expected;
      write(log, expected, 7, "a", codec);
      std::optional<BatchHeader> before;
      scan(log, [&](const BatchHeader& header, const Bytes&) { before = header; });
      finish(log, expected, 7, true);
      close_segment(log, expected);
      ASSERT_TRUE(clean(log, {}));
      bool found = false;
      scan(log, [&](const BatchHeader& header, const Bytes& batch) {
        if (header.base_offset != 0) return;
        found = true;
        EXPECT_TRUE(batch_crc_matches(batch.view()));
        EXPECT_FALSE(header.transactional());
        EXPECT_EQ(header.codec(), codec);
        EXPECT_EQ(header.producer_id, 7);
        EXPECT_EQ(header.producer_epoch, before->producer_epoch);
        EXPECT_EQ(header.base_sequence, before->base_sequence);
        EXPECT_EQ(header.max_timestamp, before->max_timestamp);
        EXPECT_EQ(header.length, before->length);
      });
      EXPECT_TRUE(found);
    });
}

// A segment ends with a batch: without its record, the marker must not pass for one, or for its producer's.
TEST(CleanedTransactions, AMarkerAtTheEndOfASegmentLeavesABatchOfNobody) {
  with_log([](PartitionLog& log) {
    Expected expected;
    write(log, expected, 7, "a");
    finish(log, expected, 7, false);
    const auto marker = log.log_end() - 1;
    write_plain(log, expected, std::string(400, 'k'));
    ASSERT_EQ(log.segments().back()->base_offset(), marker + 1);
    write(log, expected, 7, "a");
    finish(log, expected, 7, true);
    close_segment(log, expected);
    ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
    for (Timestamp now : {1, 2}) {
      const ExpiryRule rule{.below = log.log_end(), .now = now};
      auto rewritten = log.rewrite(
          (*std::ranges::find(log.segments(), marker + 1, &Segment::next_offset))->base_offset(), 1, log.log_end(),
          [](const ReadRecord&) { return true; },
          {.delete_horizon = now,
           .marker_goes = [&](const BatchHeader& header) { return fate_of_marker(header, rule) == Fate::expired; }});
      ASSERT_TRUE(rewritten && *rewritten) << now << (rewritten ? "" : to_string(rewritten.error()));
      ASSERT_TRUE(log.replace_segments(std::move(**rewritten)).value_or(false));
    }
    bool found = false;
    scan(log, [&](const BatchHeader& header, const Bytes&) {
      if (header.base_offset != marker) return;
      found = true;
      EXPECT_EQ(header.record_count, 0);
      EXPECT_EQ(header.producer_id, no_producer_id);
      EXPECT_FALSE(header.control() || header.transactional());
    });
    EXPECT_TRUE(found);
  });
}

TEST(CleanedTransactions, ALogThatAnEarlierReleaseCleanedIsCleanedAnew) {
  const Checkpoint cleaned{
      .recovery_point = 9, .log_start = 1, .holes_below = 7, .markers_from = 3, .cleaned_to = 8, .tombstone_bound = 6};
  EXPECT_EQ(cleaned.encode().substr(0, 2), "5\n");
  EXPECT_EQ(Checkpoint::decode(cleaned.encode()), cleaned);
  auto of_version_4 = [](const std::string& numbers) {
    return Checkpoint::decode("4\n" + numbers + " " + std::to_string(crc32c(numbers)) + "\n");
  };
  auto read = of_version_4("9 1 7 3 8 6");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->transactions_uncleaned);
  EXPECT_EQ(read->cleaned_to, 0);
  EXPECT_EQ(read->tombstone_bound, 6);
  read = of_version_4("9 1 7 -1 8 6");
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->transactions_uncleaned) << "it has no transactions";
  EXPECT_EQ(read->cleaned_to, 8);
  EXPECT_FALSE(Checkpoint::decode("4\n9 1 7 3 8 6 1\n")) << "a wrong checksum";

  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  Expected expected;
  for (Offset bound : {3, 1'000}) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      write(*log, expected, 7, "a");
      finish(*log, expected, 7, true);
      close_segment(*log, expected);
      ASSERT_TRUE(clean(*log, {}));
      const auto numbers = std::to_string(log->log_end()) + " 0 " + std::to_string(log->holes_below()) + " 1 " +
                           std::to_string(log->cleaned_to()) + " " + std::to_string(bound);
      ASSERT_TRUE(manager.close());
      ASSERT_TRUE(
          replace_file(host.disk(), "t-0/" + std::string(checkpoint_name),
                       ByteChain(Bytes::copy_of("4\n" + numbers + " " + std::to_string(crc32c(numbers)) + "\n"))));
    });
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), true).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(log->cleaned_to(), 0);
      EXPECT_EQ(log->tombstone_bound(), bound < log->log_end() ? bound : 0)
          << "a log that was not filled up to its bound is begun anew";
      EXPECT_TRUE(clean(*log, {}));
      check(*log, expected, log->cleaned_to());
    });
  }
}

// A start reads the batches from the last snapshot on that it finds. It may be from before they were cleaned. Nothing
// would end a transaction that it names, once its producer was forgotten and all of its markers are gone.
TEST(CleanedTransactions, ASnapshotOfAnOpenTransactionIsNotBelievedOnceItsRecordsAreCleaned) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  Expected expected;
  std::string opened_in;
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    write(*log, expected, 7, "a");
    close_segment(*log, expected);
    opened_in = log->segments().back()->path(".snapshot");
    finish(*log, expected, 7, true);
    for (Timestamp now : {1, 2}) {
      close_segment(*log, expected);
      ASSERT_TRUE(clean(*log, {.below = log->cleaned_to(), .now = now}));
      log->producers().expire(Instant{} + std::chrono::hours(1));
      expected.producers.clear();
    }
    ASSERT_TRUE(markers(*log).empty());
    check(*log, expected, log->cleaned_to());
    ASSERT_TRUE(manager.close());
  });
  std::vector<std::string> lost;
  for (const auto& [path, file] : node.disk().image().files())
    if (path.ends_with(".snapshot") && path != opened_in) lost.push_back(path);
  for (const auto& path : lost) node.disk().lose(path);
  ASSERT_TRUE(node.disk().image().file(opened_in, false));
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), true).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    check(*log, expected, log->cleaned_to());
  });
}

// Copies a log as a follower does.
void copy(const PartitionLog& from, PartitionLog& to) {
  scan(from, [&](const BatchHeader& header, const Bytes& batch) {
    ASSERT_TRUE(to.append_replicated({batch, {{header.leader_epoch, 0}}, header.next_offset()}));
  });
  ASSERT_TRUE(to.wait_stable(to.log_end(), Deadline::never()));
}

void write_some(PartitionLog& log, Expected& expected, Random& random) {
  for (auto steps = random.between(5, 40); steps > 0; --steps) {
    const auto id = random.between(1, 3);
    const auto key = "key " + std::to_string(random.below(4));
    const bool open = expected.producers.contains(id) && expected.producers[id].open_since >= 0;
    if (random.chance(1, 4))
      write_plain(log, expected, key);
    else if (open && random.chance(1, 2))
      finish(log, expected, id, random.chance(1, 2), random.chance(1, 2),
             std::max(1, expected.producers[id].coordinator_epoch) + static_cast<std::int32_t>(random.below(2)));
    else
      write(log, expected, id, key, random.chance(1, 3) ? Compression::lz4 : Compression::none);
  }
  ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
}

// Whenever and however the process ends while the log is cleaned, and whatever is lost beside the batches.
TEST(CleanedTransactions, ReadersGetTheSameAndProducersAreKnownAfterACrashAtAnyMoment) {
  constexpr std::uint64_t seeds = 150;
  std::size_t gone = 0, cut_short = 0, copied = 0;
  for (std::uint64_t seed = 0; seed < seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto random = world.random().split("crash");
    Expected expected;
    for (Timestamp life = 1; life <= 6 && !testing::Test::HasFailure(); ++life) {
      bool written = false, cleaned = false;
      node.start(1, [&](Host& host) {
        LogManager manager(host, {});
        auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
        EXPECT_NE(log, nullptr);
        if (!log) return 0;
        if (life > 1) check(*log, expected, log->cleaned_to());
        write_some(*log, expected, random);
        EXPECT_TRUE(log->checkpoint());
        written = true;
        const auto before = markers(*log).size();
        if (clean(*log, {.below = log->cleaned_to(), .now = life})) {
          cleaned = true;
          check(*log, expected, log->cleaned_to());
        }
        gone += before - markers(*log).size();
        host.clock().sleep_for(seconds(1000));
        return 0;
      });
      ASSERT_TRUE(world.run_until([&] { return written || !node.running(); }, world.now() + seconds(100)));
      world.run_for(random.chance(1, 2) ? microseconds(random.between(0, 60'000)) : seconds(10));
      random.chance(1, 2) ? node.kill() : node.power_loss();
      cut_short += !cleaned;
      if (random.chance(1, 2)) continue;
      std::vector<std::string> lost;
      for (const auto& [path, file] : node.disk().image().files())
        if ((path.ends_with(".snapshot") || path.ends_with(".txnindex")) && random.chance(1, 2)) lost.push_back(path);
      for (const auto& path : lost) node.disk().lose(path);
    }
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      auto other = manager.open("u-0", small_segments(), false).value_or(nullptr);
      ASSERT_TRUE(log && other);
      copy(*log, *other);
      check(*other, expected, log->cleaned_to());
      ++copied;
    });
  }
  EXPECT_EQ(copied, seeds);
  EXPECT_GT(cut_short, 50u);
  EXPECT_GT(gone, 100u);
}

}  // namespace
}  // namespace fulmar
