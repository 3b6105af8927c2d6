#include "broker/protocol/messages/describe_log_dirs.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeLogDirsRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeLogDirsRequest& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, DescribeLogDirsResponse::LogDir::Topic::Partition& m) {
  f("index", m.index);
  f("size", m.size);
  f("offset_lag", m.offset_lag);
  f("is_future", m.is_future);
}

template <class F>
void describe(F& f, DescribeLogDirsResponse::LogDir::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeLogDirsResponse::LogDir& m) {
  f("error_code", m.error_code);
  f("path", m.path);
  f("topics", m.topics);
  f("total_bytes", m.total_bytes, {.since = 4});
  f("usable_bytes", m.usable_bytes, {.since = 4});
  f("is_cordoned", m.is_cordoned, {.since = 5});
}

template <class F>
void describe(F& f, DescribeLogDirsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, {.since = 3});
  f("log_dirs", m.log_dirs);
}

FULMAR_DEFINE_MESSAGE(DescribeLogDirsRequest);
FULMAR_DEFINE_MESSAGE(DescribeLogDirsResponse);

}  // namespace fulmar
