#include "broker/log/shared_sync.h"

#include <functional>
#include <set>

#include "runtime/host/clock.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

// Runs `play` with a sync that takes a millisecond, and fails in the runs in `failing`.
void with_sync(const std::set<int>& failing, const std::function<void(Host&, SharedSync&, int& runs)>& play) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("process");
  run_process(world, node, [&](Host& host) {
    int runs = 0;
    SharedSync sync([&]() -> Result<void> {
      auto run = ++runs;
      host.clock().sleep_for(milliseconds(1));
      if (failing.contains(run)) return fail(Errc::io_error, "run " + std::to_string(run));
      return {};
    });
    play(host, sync, runs);
  });
}

TEST(SharedSync, OneServesAllWhoAskedBeforeItBegan) {
  with_sync({}, [](Host&, SharedSync& sync, int& runs) {
    FiberGroup asking;
    for (int i = 0; i < 10; ++i)
      asking.spawn("ask", [&] {
        EXPECT_TRUE(sync());
        EXPECT_GE(runs, 1);
      });
    asking.join();
    EXPECT_EQ(runs, 2) << "the first one's, and one for the nine that came while it ran";
    EXPECT_TRUE(sync());
    EXPECT_EQ(runs, 3) << "what is asked later is not served by an earlier one";
  });
}

TEST(SharedSync, AFailureIsOfAllWhomItServed) {
  with_sync({2}, [](Host&, SharedSync& sync, int&) {
    int failed = 0;
    FiberGroup asking;
    for (int i = 0; i < 10; ++i)
      asking.spawn("ask", [&] {
        if (!sync()) ++failed;
      });
    asking.join();
    EXPECT_EQ(failed, 9);
    EXPECT_TRUE(sync());
  });
}

}  // namespace
}  // namespace fulmar
