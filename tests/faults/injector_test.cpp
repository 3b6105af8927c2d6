#include "faults/injector.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "faults/kinds.h"
#include "runtime/host/clock.h"

namespace fulmar {
namespace {

// Three brokers and a client, and the cut links between them.
class InjectorTest : public testing::Test {
 protected:
  void inject(const FaultKind& kind, std::int64_t amount) {
    injector_.inject({{&kind, Instant{} + seconds(1), seconds(2), 0, 1, amount}});
  }
  bool cut(std::size_t from, std::size_t to) { return world_.network().link(from, to).cut; }
  int cuts() {
    int count = 0;
    for (std::size_t a = 0; a < 4; ++a)
      for (std::size_t b = 0; b < 4; ++b) count += cut(a, b);
    return count;
  }
  void run_until(Duration at) { world_.run_until(Instant{} + at); }

  struct Nodes {
    explicit Nodes(World& world) {
      for (auto name : {"broker1", "broker2", "broker3", "client"}) world.add_node(name);
    }
  };

  World world_{7};
  Nodes nodes_{world_};
  Injector injector_{world_, 3, [this](std::size_t node) {
                       world_.node(node).start(2, [](Host& host) {
                         host.clock().sleep_for(seconds(1000));
                         return 0;
                       });
                     }};
};

TEST_F(InjectorTest, IsolatesABrokerFromTheOthersButNotFromClients) {
  inject(faults::isolate, 0);
  run_until(seconds(2));
  EXPECT_TRUE(cut(0, 1) && cut(1, 0) && cut(0, 2) && cut(2, 0));
  EXPECT_EQ(cuts(), 4);
  run_until(seconds(4));
  EXPECT_EQ(cuts(), 0);
}

TEST_F(InjectorTest, IsolatesInOneDirection) {
  inject(faults::isolate, 1);
  run_until(seconds(2));
  EXPECT_TRUE(cut(1, 0) && cut(2, 0));
  EXPECT_EQ(cuts(), 2);
}

TEST_F(InjectorTest, CutsRightAfterALeadershipIsHandedOver) {
  inject(faults::cut_after_transfer, 2 + 3 * 5);
  run_until(milliseconds(1500));
  injector_.leadership_handed(1, 2);
  run_until(milliseconds(1600));
  EXPECT_EQ(cuts(), 0) << "the target has no part in it";
  injector_.leadership_handed(1, 0);
  run_until(milliseconds(1604));
  EXPECT_EQ(cuts(), 0);
  run_until(milliseconds(1606));
  EXPECT_TRUE(cut(0, 1) && cut(0, 2));
  EXPECT_EQ(cuts(), 2);
  run_until(seconds(4));
  EXPECT_EQ(cuts(), 0);
  EXPECT_EQ(injector_.cuts_after_transfers(), 1u);
}

TEST_F(InjectorTest, CutsOffFromWhoeverIsTheController) {
  std::size_t controller = 1;
  injector_.controller = [&] { return std::optional(controller); };
  inject(faults::cut_from_controller, 0);
  run_until(milliseconds(1500));
  EXPECT_TRUE(cut(0, 1) && cut(1, 0));
  EXPECT_EQ(cuts(), 2);
  controller = 2;
  run_until(seconds(2));
  EXPECT_TRUE(cut(0, 2) && cut(2, 0));
  EXPECT_EQ(cuts(), 2);
  run_until(seconds(4));
  EXPECT_EQ(cuts(), 0);
}

TEST_F(InjectorTest, DelaysAndClogsOneDirection) {
  auto slow = [&](std::size_t from, std::size_t to) {
    return world_.network().link(from, to).latency_max == milliseconds(300);
  };
  auto clogged = [&](std::size_t from, std::size_t to) {
    return world_.network().link(from, to).clogged_until > world_.now();
  };
  injector_.inject({{&faults::latency_to, Instant{} + seconds(1), seconds(1), 0, 1, 300},
                    {&faults::clog, Instant{} + seconds(1), seconds(1), 0, 1, 1},
                    {&faults::latency_from, Instant{} + seconds(3), seconds(1), 0, 1, 300},
                    {&faults::clog, Instant{} + seconds(3), seconds(1), 0, 1, 2}});
  run_until(milliseconds(1500));
  EXPECT_TRUE(slow(1, 0) && !slow(0, 1) && clogged(1, 0) && !clogged(0, 1));
  run_until(milliseconds(3500));
  EXPECT_TRUE(slow(0, 1) && !slow(1, 0) && clogged(0, 1) && !clogged(1, 0));
  run_until(seconds(5));
  EXPECT_FALSE(slow(0, 1));
}

// A kind that only this test has: it begins, ends, and is in the trace, like all others.
int begun = 0, ended = 0;
constexpr FaultKind of_my_own{.name = "of_my_own",
                              .number = 7001,
                              .amount = {1, 9},
                              .begin =
                                  [](Injector& injector, const Fault& fault) {
                                    ++begun;
                                    injector.cut(fault.target, 3, 1);
                                  },
                              .end =
                                  [](Injector& injector, const Fault& fault) {
                                    ++ended;
                                    injector.cut(fault.target, 3, -1);
                                  }};

TEST_F(InjectorTest, InjectsKindsThatItWasNeverToldOf) {
  std::string trace;
  world_.trace().set_sink([&](Instant, std::string_view line) { trace += std::string(line) + "\n"; });
  inject(of_my_own, 4);
  run_until(seconds(2));
  EXPECT_EQ(begun, 1);
  EXPECT_TRUE(cut(0, 3));
  EXPECT_NE(trace.find("fault at 1000 ms of_my_own broker1 peer broker2 amount 4 for 2000 ms"), std::string::npos);
  run_until(seconds(4));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(cuts(), 0);
  world_.trace().set_sink({});  // the world outlives it
}

TEST_F(InjectorTest, TellsAnObserverOfEachFaultAndOfWhatItDoes) {
  std::vector<Happening> told;
  world_.trace().set_observer([&](const Happening& happening) { told.push_back(happening); });
  inject(faults::kill, 0);
  injector_.inject({{&faults::isolate, Instant{} + seconds(4), seconds(1), 0, 1, 0}});
  run_until(seconds(6));
  world_.trace().set_observer({});
  auto find = [&](Happening::Kind kind, std::string_view part) {
    auto found = std::ranges::find_if(told, [&](const Happening& happening) {
      return happening.kind == kind && happening.text.find(part) != std::string::npos;
    });
    return found == told.end() ? Happening{} : *found;
  };
  auto begins = find(Happening::Kind::fault, "kill broker1 peer broker2 amount 0 for 2000 ms begins");
  auto ends = find(Happening::Kind::fault, "kill broker1 peer broker2 amount 0 for 2000 ms ends");
  ASSERT_NE(begins.number, 0u);
  EXPECT_EQ(begins.where, Place{0});
  EXPECT_EQ(ends.cause, begins.number);
  EXPECT_EQ(find(Happening::Kind::process, "is killed").cause, begins.number);
  auto cut = find(Happening::Kind::fault, "the link from broker2 to broker1 is cut");
  EXPECT_EQ(cut.where, Place{0});
  EXPECT_EQ(cut.peer, 1u);
  EXPECT_EQ(cut.cause, find(Happening::Kind::fault, "isolate broker1 peer broker2 amount 0 for 1000 ms begins").number);
  EXPECT_NE(find(Happening::Kind::fault, "the link from broker2 to broker1 is whole again").number, 0u);
}

// The number of failures in a hundred reads of a file.
int failing_reads(Host& host) {
  int failed = 0;
  auto file = host.disk().open("f", OpenMode::open_or_create);
  EXPECT_TRUE(file.has_value());
  EXPECT_TRUE((*file)->write_at(0, ByteChain(Bytes::copy_of("content"))));
  for (int i = 0; i < 100; ++i) failed += !read_exactly(**file, 0, 7).has_value();
  return failed;
}

TEST(ReadErrors, FailReadsForAWhileAndOnlyTheLastingSortEndsTheProcess) {
  for (auto [kind, ends] : {std::pair{&faults::transient_read_errors, false}, std::pair{&faults::read_errors, true}}) {
    World world{7};
    auto& node = world.add_node("broker");
    int starts = 0, before = -1, meanwhile = -1, after = -1;
    Injector injector(world, 1, [&](std::size_t) {
      node.start(1, [&, first = ++starts == 1](Host& host) {
        auto& clock = host.clock();
        if (first) before = failing_reads(host);
        clock.sleep_for(Instant{} + milliseconds(1500) - clock.now());
        if (first) meanwhile = failing_reads(host);
        clock.sleep_for(Instant{} + seconds(4) - clock.now());
        after = failing_reads(host);
        clock.sleep_for(seconds(1000));
        return 0;
      });
    });
    injector.inject({{kind, Instant{} + seconds(1), seconds(2), 0, 1, 300}});
    world.run_until(Instant{} + seconds(5));
    EXPECT_EQ(before, 0);
    EXPECT_TRUE(meanwhile > 10 && meanwhile < 60) << meanwhile;
    EXPECT_EQ(after, 0);
    EXPECT_EQ(starts, ends ? 2 : 1) << kind->name;
  }
}

TEST_F(InjectorTest, HealsWhatLasts) {
  injector_.inject({{&faults::isolate, Instant{} + seconds(1), seconds(100), 0, 1, 0},
                    {&faults::open_errors, Instant{} + seconds(1), seconds(100), 0, 1, 500},
                    {&faults::short_reads, Instant{} + seconds(1), seconds(100), 0, 1, 500},
                    {&faults::slow_reads, Instant{} + seconds(1), seconds(100), 0, 1, 500}});
  run_until(seconds(2));
  EXPECT_EQ(cuts(), 4);
  EXPECT_NE(world_.node(0).disk().faults(), DiskFaults{});
  injector_.heal({0, 1, 2, 3});
  EXPECT_EQ(cuts(), 0);
  EXPECT_EQ(world_.node(0).disk().faults(), DiskFaults{});
}

}  // namespace
}  // namespace fulmar
