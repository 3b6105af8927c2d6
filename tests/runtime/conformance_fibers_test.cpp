#include "runtime/fiber/condition.h"
#include "runtime/fiber/future.h"
#include "runtime/fiber/mutex.h"
#include "runtime/fiber/queue.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/fiber/slices.h"
#include "world_under_test.h"

namespace fulmar {
namespace {

using Fibers = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(Fibers);

struct Unwound {
  int& count;
  ~Unwound() { ++count; }
};

TEST_P(Fibers, AGroupIsJoined) {
  run(1, [](Host& host) {
    int done = 0;
    FiberGroup group;
    for (int i = 0; i < 10; ++i) {
      group.spawn("worker", [&, i] {
        host.clock().sleep_for(microseconds(i * 100));
        ++done;
      });
    }
    EXPECT_EQ(group.size(), 10u);
    group.join();
    EXPECT_EQ(done, 10);
  });
}

TEST_P(Fibers, WhatIsShieldedFromCancellationIsGoneThroughWith) {
  run(2, [](Host& host) {
    int steps = 0;
    int unwound = 0;
    Event event;
    FiberGroup group;
    group.spawn("shielded", [&] {
      Unwound u{unwound};
      {
        CancellationShield shield;
        host.clock().sleep_for(milliseconds(2));  // cancelled in here
        ++steps;
        host.on_shard(1, [&](Host& there) { there.clock().sleep_for(milliseconds(1)); });
        ++steps;
      }
      event.wait();
      ADD_FAILURE() << "the first wait after it ends";
    });
    host.clock().sleep_for(milliseconds(1));
    group.cancel();
    EXPECT_EQ(steps, 0);
    group.join();
    EXPECT_EQ(steps, 2);
    EXPECT_EQ(unwound, 1);
  });
}

TEST_P(Fibers, AGroupThatGoesUnwindsItsFibersInWhateverTheyWait) {
  run(1, [](Host& host) {
    int unwound = 0;
    {
      Event event;
      Mutex mutex;
      Semaphore none(0);
      Condition condition;
      BoundedQueue<int> empty(1);
      BoundedQueue<int> full(1);
      Promise<int> promise;
      auto future = promise.future();
      EXPECT_TRUE(full.push(1));
      mutex.lock();
      FiberGroup group;
      group.spawn("event", [&] {
        Unwound u{unwound};
        event.wait();
      });
      group.spawn("mutex", [&] {
        Unwound u{unwound};
        mutex.lock();
      });
      group.spawn("semaphore", [&] {
        Unwound u{unwound};
        none.acquire(1);
      });
      group.spawn("condition", [&] {
        Unwound u{unwound};
        condition.wait([] { return false; });
      });
      group.spawn("pop", [&] {
        Unwound u{unwound};
        empty.pop();
      });
      group.spawn("push", [&] {
        Unwound u{unwound};
        full.push(2);
      });
      group.spawn("future", [&] {
        Unwound u{unwound};
        future.get();
      });
      group.spawn("sleep", [&] {
        Unwound u{unwound};
        host.clock().sleep_for(seconds(1000));
      });
      group.spawn("parent", [&] {
        Unwound u{unwound};
        FiberGroup inner;
        inner.spawn("child", [&] {
          Unwound v{unwound};
          Event().wait();
        });
        inner.join();
      });
      host.clock().sleep_for(milliseconds(1));
      group.cancel();
      group.join();
      mutex.unlock();
    }
    EXPECT_EQ(unwound, 10);
  });
}

TEST_P(Fibers, ExceptionsStayWithTheirFiber) {
  run(1, [](Host& host) {
    FiberGroup group;
    int caught = 0;
    for (int i = 0; i < 20; ++i) {
      group.spawn("thrower", [&, i] {
        for (int round = 0; round < 5; ++round) {
          try {
            throw i;
          } catch (int mine) {
            host.clock().sleep_for(microseconds(10 * (i % 3)));  // others throw meanwhile
            try {
              throw i + 1000;
            } catch (int inner) {
              EXPECT_EQ(inner, i + 1000);
            }
            EXPECT_EQ(mine, i);
            ++caught;
          }
        }
      });
    }
    group.join();
    EXPECT_EQ(caught, 100);
  });
}

TEST_P(Fibers, DeadlinesPassAndEarlierEventsWin) {
  run(1, [](Host& host) {
    Event event;
    auto begun = host.clock().now();
    EXPECT_EQ(event.wait(host.clock().deadline_in(milliseconds(5))), WaitResult::timed_out);
    EXPECT_GE(host.clock().now() - begun, milliseconds(5));
    FiberGroup group;
    group.spawn("setter", [&] { event.set(); });
    EXPECT_EQ(event.wait(host.clock().deadline_in(seconds(100))), WaitResult::woken);
    EXPECT_LT(host.clock().now() - begun, seconds(50));
  });
}

TEST_P(Fibers, WhoDestroysWhatAMutexGuardsWaitsForAllWhoAskedForIt) {
  run(1, [](Host& host) {
    Mutex mutex;
    int been_inside = 0;
    FiberGroup group;
    for (int i = 0; i < 3; ++i) {
      group.spawn("locker", [&] {
        LockGuard guard(mutex);
        host.clock().sleep_for(milliseconds(1));
        ++been_inside;
      });
    }
    host.clock().sleep_for(microseconds(100));
    mutex.await_unlocked();
    EXPECT_EQ(been_inside, 3);
    mutex.await_unlocked();
  });
}

TEST_P(Fibers, TheMutexKeepsOthersOutAndIsHandedOverInTurn) {
  run(1, [](Host& host) {
    Mutex mutex;
    bool inside = false;
    std::vector<int> order;
    FiberGroup group;
    mutex.lock();
    for (int i = 0; i < 5; ++i) {
      group.spawn("locker", [&, i] {
        host.clock().sleep_for(milliseconds(i + 1));
        LockGuard guard(mutex);
        EXPECT_FALSE(inside);
        inside = true;
        host.clock().sleep_for(microseconds(100));
        inside = false;
        order.push_back(i);
      });
    }
    host.clock().sleep_for(milliseconds(20));
    mutex.unlock();
    group.join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  });
}

TEST_P(Fibers, ASmallRequestWaitsBehindALargeOne) {
  run(1, [](Host& host) {
    Semaphore semaphore(3);
    std::vector<int> order;
    FiberGroup group;
    ASSERT_TRUE(semaphore.acquire(2));
    group.spawn("large", [&] {
      semaphore.acquire(3);
      order.push_back(3);
      semaphore.release(3);
    });
    host.clock().sleep_for(milliseconds(1));
    group.spawn("small", [&] {
      semaphore.acquire(1);
      order.push_back(1);
      semaphore.release(1);
    });
    host.clock().sleep_for(milliseconds(1));
    EXPECT_FALSE(semaphore.acquire(1, host.clock().deadline_in(milliseconds(1)))) << "it queues behind both";
    semaphore.release(2);
    group.join();
    EXPECT_EQ(order, (std::vector<int>{3, 1}));
    EXPECT_EQ(semaphore.available(), 3);
  });
}

TEST_P(Fibers, AQueueHoldsBackThePusherAndEndsInOrder) {
  run(1, [](Host&) {
    BoundedQueue<int> queue(2);
    std::vector<int> popped;
    FiberGroup group;
    group.spawn("pusher", [&] {
      for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(queue.push(i));
        EXPECT_LE(queue.size(), 2u);
      }
      queue.close();
      EXPECT_FALSE(queue.push(1));
    });
    while (auto value = queue.pop()) popped.push_back(*value);
    ASSERT_EQ(popped.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(popped[static_cast<std::size_t>(i)], i);
  });
}

TEST_P(Fibers, AFutureGetsItsValueOrIsBroken) {
  run(1, [](Host&) {
    Promise<std::unique_ptr<int>> promise;
    auto future = promise.future();
    FiberGroup group;
    group.spawn("setter", [&] { promise.set(std::make_unique<int>(4)); });
    auto value = future.get();
    ASSERT_TRUE(value);
    EXPECT_EQ(**value, 4);
    Future<int> broken;
    {
      broken = Promise<int>().future();
    }
    EXPECT_EQ(broken.get(), std::nullopt);
  });
}

TEST_P(Fibers, YieldLetsTheOthersRun) {
  run(1, [](Host&) {
    int turns = 0;
    FiberGroup group;
    group.spawn("other", [&] {
      for (int i = 0; i < 10; ++i) {
        ++turns;
        Scheduler::current().yield();
      }
    });
    for (int i = 0; i < 1000 && turns < 10; ++i) Scheduler::current().yield();
    EXPECT_EQ(turns, 10);
  });
}

TEST_P(Fibers, LongWorkLetsTheOthersRunAfterEachSlice) {
  run(1, [](Host&) {
    int turns = 0;
    bool over = false;
    FiberGroup group;
    group.spawn("other", [&] {
      while (!over) {
        Scheduler::current().yield();
        ++turns;
      }
    });
    Scheduler::current().yield();
    int before = turns;
    for (int i = 0; i < 9; ++i) work_in_slices(slice_length / 10);
    EXPECT_EQ(turns, before) << "a slice was not used up yet";
    for (int i = 0; i < 1000; ++i) work_in_slices(slice_length / 10);
    EXPECT_GE(turns, before + 10);
    Scheduler::current().yield();
    EXPECT_FALSE(declare_work(slice_length / 2));
    EXPECT_TRUE(declare_work(slice_length / 2)) << "it counts together with what was declared before";
    Scheduler::current().yield();
    EXPECT_FALSE(declare_work(slice_length / 2)) << "a slice begins when the fiber does again";
    over = true;
  });
}

TEST_P(Fibers, LongWorkLetsTimersPassBetweenSlices) {
  run(1, [](Host& host) {
    constexpr int slices_all = 200;
    int slices = 0;
    int at_timer = -1;
    FiberGroup group;
    group.spawn("computes", [&] {
      for (; slices < slices_all; ++slices) {
        for (int step = 0; step < 20'000; ++step) asm volatile("");
        work_in_slices(slice_length);
      }
    });
    group.spawn("sleeps", [&] {
      host.clock().sleep_for(microseconds(50));
      at_timer = slices;
    });
    group.join();
    EXPECT_GE(at_timer, 0);
    EXPECT_LT(at_timer, slices_all - 50);
  });
}

TEST_P(Fibers, AFiberThatIsCancelledDoesNotBeginAnotherSlice) {
  run(1, [](Host&) {
    int slices = 0;
    FiberGroup group;
    group.spawn("endless", [&] {
      for (;; ++slices) work_in_slices(slice_length);
    });
    while (slices < 10) Scheduler::current().yield();
    group.cancel();
    group.join();
    EXPECT_GE(slices, 10);
  });
}

TEST_P(Fibers, ThousandsLiveAtOnce) {
  run(1, [](Host& host) {
    int done = 0;
    Event go;
    FiberGroup group;
    for (int i = 0; i < 3000; ++i)
      group.spawn("one of many", [&] {
        go.wait();
        ++done;
      });
    host.clock().sleep_for(milliseconds(1));
    go.set();
    group.join();
    EXPECT_EQ(done, 3000);
  });
}

}  // namespace
}  // namespace fulmar
