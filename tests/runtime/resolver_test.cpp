// A hanging resolver in place of the system's: nobody waits for it beyond a deadline.
#include <gtest/gtest.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <mutex>

#include "runtime/fiber/group.h"
#include "runtime/fiber/scheduler.h"
#include "tests/runtime/world_under_test.h"

namespace {

struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int inside = 0;

  void pass() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    --inside;
    changed.notify_all();
  }
  void wait_for(int many) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside == many; });
  }
  void set_open(bool to) {
    std::lock_guard lock(mutex);
    open = to;
    changed.notify_all();
  }
} gate;

}  // namespace

// The linker takes this one instead of the C library's.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo** list) {
  gate.pass();
  *list = nullptr;
  return EAI_NONAME;
}

namespace fulmar {
namespace {

struct ResolverThatHangs : WorldUnderTest {
  // Lookups that were given up end after their callers are gone.
  void TearDown() override {
    gate.set_open(true);
    gate.wait_for(0);
    gate.set_open(false);
  }
};

TEST_P(ResolverThatHangs, IsWaitedForToTheDeadlineOnly) {
  run(1, [](Host& host) {
    auto found = host.network().resolve("hangs.example", 5, host.clock().deadline_in(milliseconds(20)));
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, Errc::timed_out);
    auto connected = connect_by_name(host.network(), {"hangs.example", 5}, host.clock().deadline_in(milliseconds(20)));
    EXPECT_EQ(connected.error().code, Errc::timed_out);
  });
}

TEST_P(ResolverThatHangs, IsNotWaitedForByWhoIsCancelled) {
  run(1, [](Host& host) {
    FiberGroup group;
    group.spawn("asks", [&] {
      (void)host.network().resolve("hangs.example", 5, Deadline::never());
      ADD_FAILURE() << "nobody answers";
    });
    Scheduler::current().yield();
    gate.wait_for(1);
    group.cancel();
    group.join();
  });
}

TEST_P(ResolverThatHangs, HoldsNoMoreThanSomeThreads) {
  run(1, [](Host& host) {
    FiberGroup group;
    for (int i = 0; i < 16; ++i)
      group.spawn("asks", [&] { (void)host.network().resolve("hangs.example", 5, Deadline::never()); });
    Scheduler::current().yield();
    gate.wait_for(16);
    auto found = host.network().resolve("hangs.example", 5, Deadline::never());
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, Errc::unreachable);
    EXPECT_EQ(found.error().detail, "hangs.example: 16 lookups of names are under way");
    group.cancel();
    group.join();
  });
}

TEST_P(ResolverThatHangs, SaysWhatItFoundOnceItAnswers) {
  run(1, [](Host& host) {
    gate.set_open(true);
    auto found = host.network().resolve("hangs.example", 5, Deadline::never());
    gate.set_open(false);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().detail, std::string("hangs.example: ") + gai_strerror(EAI_NONAME));
  });
}

INSTANTIATE_TEST_SUITE_P(Real, ResolverThatHangs, testing::Values("uring", "epoll"), world_name);

}  // namespace
}  // namespace fulmar
