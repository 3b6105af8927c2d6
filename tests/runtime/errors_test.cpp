#include "runtime/real/errors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>

#include "tests/runtime/world_under_test.h"

namespace fulmar {
namespace {

TEST(SystemErrors, HaveTheirRightNames) {
  EXPECT_EQ(to_string(system_error(ENOSPC, "write f").error()), "no_space: write f: No space left on device");
  EXPECT_EQ(to_string(system_error(EMFILE, "open f").error()), "no_resources: open f: Too many open files");
  EXPECT_EQ(to_string(system_error(ENFILE, "open f").error()), "no_resources: open f: Too many open files in system");
  EXPECT_EQ(to_string(system_error(ENOMEM, "read f").error()), "no_resources: read f: Cannot allocate memory");
  for (auto code : {Errc::no_space, Errc::no_resources}) EXPECT_TRUE(is_shortage(code));
  for (auto code : {Errc::io_error, Errc::too_large, Errc::timed_out}) EXPECT_FALSE(is_shortage(code));
}

struct WithoutDescriptors : WorldUnderTest {};

TEST_P(WithoutDescriptors, FilesAndSocketsSayThatTheyAreTooMany) {
  run(1, [](Host& host) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    auto file = host.disk().open("f", OpenMode::create);
    auto listener = host.network().listen({"127.0.0.1", 0});
    setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().code, Errc::no_resources) << to_string(file.error());
    ASSERT_FALSE(listener.has_value());
    EXPECT_EQ(listener.error().code, Errc::no_resources) << to_string(listener.error());
  });
}

INSTANTIATE_TEST_SUITE_P(Real, WithoutDescriptors, testing::Values("uring", "epoll"), world_name);

}  // namespace
}  // namespace fulmar
