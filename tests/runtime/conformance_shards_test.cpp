#include "runtime/fiber/slices.h"
#include "runtime/fiber/work_meter.h"
#include "world_under_test.h"

namespace fulmar {
namespace {

using Shards = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(Shards);

TEST_P(Shards, ACallGivesItsResultFromTheOtherShard) {
  run(3, [](Host& host) {
    EXPECT_EQ(host.shard(), 0u);
    EXPECT_EQ(host.shard_count(), 3u);
    for (unsigned n = 0; n < 3; ++n) {
      EXPECT_EQ(host.on_shard(n, [](Host& there) { return there.shard(); }), n);
      EXPECT_EQ(*host.on_shard(n, [](Host&) { return std::make_unique<int>(5); }), 5);
      int touched = 0;
      host.on_shard(n, [&](Host& there) {
        there.clock().sleep_for(milliseconds(1));
        touched = 1;
      });
      EXPECT_EQ(touched, 1);
    }
  });
}

TEST_P(Shards, ManyCallsCrossAtOnce) {
  run(3, [](Host& host) {
    FiberGroup group;
    int sum = 0;
    for (int i = 0; i < 300; ++i) {
      group.spawn("caller", [&, i] {
        // There and, from there, on and back again.
        sum += host.on_shard(1 + static_cast<unsigned>(i % 2), [i](Host& there) {
          return there.on_shard(0, [i](Host& back) {
            EXPECT_EQ(back.shard(), 0u);
            return i;
          });
        });
      });
    }
    group.join();
    EXPECT_EQ(sum, 299 * 300 / 2);
  });
}

TEST_P(Shards, AWorkMeterCountsWhatItsFiberComputesHereAndThere) {
  const bool simulated = std::string(GetParam()) == "sim";  // there the time is what is declared
  run(2, [simulated](Host& host) {
    auto compute = [simulated](Host& here) {
      declare_work(milliseconds(20));
      const auto until = here.clock().now() + milliseconds(20);
      while (!simulated && here.clock().now() < until) continue;
    };
    WorkMeter all;
    {
      WorkMeter meter;
      compute(host);
      host.clock().sleep_for(seconds(1));
      host.on_shard(1, [&](Host& there) {
        compute(there);
        there.clock().sleep_for(seconds(1));
      });
      FiberGroup others;
      others.spawn("other", [&] { compute(host); });
      others.join();
      EXPECT_GE(meter.elapsed(), milliseconds(40));
      EXPECT_LT(meter.elapsed(), simulated ? milliseconds(41) : seconds(1)) << "neither waits nor other fibers count";
    }
    EXPECT_GE(all.elapsed(), milliseconds(40)) << "what a meter counts also counts for the one around it";
    EXPECT_LT(all.elapsed(), simulated ? milliseconds(41) : seconds(1));
  });
}

TEST_P(Shards, ACancelledCallerWaitsUntilTheRemoteFiberHasUnwound) {
  run(2, [](Host& host) {
    for (int delay_us : {0, 1, 20, 200, 2000}) {
      bool begun = false;
      bool unwound = false;
      bool after = false;
      FiberGroup group;
      group.spawn("caller", [&] {
        struct Check {
          bool& begun;
          bool& unwound;
          ~Check() { EXPECT_EQ(begun, unwound); }
        } check{begun, unwound};
        host.on_shard(1, [&](Host& there) {
          begun = true;
          struct Flag {
            bool& flag;
            ~Flag() { flag = true; }
          } flag{unwound};
          there.clock().sleep_for(seconds(100));
        });
        after = true;
      });
      host.clock().sleep_for(microseconds(delay_us));
      group.cancel();
      group.join();
      EXPECT_FALSE(after);
    }
  });
}

TEST_P(Shards, WorkRunsInTheGroupItWasGivenTo) {
  run(2, [](Host& host) {
    host.on_shard(1, [&](Host& there) {
      FiberGroup mine;
      bool cancelled = true;
      there.on_shard(0, [&](Host& back) { back.on_shard(1, [&](Host&) { cancelled = false; }, &mine); });
      EXPECT_FALSE(cancelled);
      mine.join();
    });
  });
}

TEST_P(Shards, PostsArriveInTheOrderOfSending) {
  run(2, [](Host& host) {
    auto seen = std::make_unique<std::vector<int>>();
    Event done;
    for (int i = 0; i < 100; ++i) {
      host.post(1, nullptr, [&, i](Host& there) {
        seen->push_back(i);
        if (seen->size() == 100) there.post(0, nullptr, [&](Host&) { done.set(); });
      });
    }
    EXPECT_EQ(done.wait(host.clock().deadline_in(seconds(30))), WaitResult::woken);
    EXPECT_EQ(seen->size(), 100u);
  });
}

TEST_P(Shards, BytesCrossWithoutBeingCopied) {
  run(2, [](Host& host) {
    auto bytes = Bytes::copy_of(std::string(1000, 'x'));
    const char* data = bytes.data();
    auto back = host.on_shard(1, [&](Host&) { return bytes.slice(10, 20); });
    EXPECT_EQ(back.data(), data + 10);
  });
}

}  // namespace
}  // namespace fulmar
