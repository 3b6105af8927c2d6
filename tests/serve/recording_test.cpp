// Recordings: what is written is what is read, and damage is told with its line.
#include "scenarios/serve/recording.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "runtime/base/base64.h"
#include "scenarios/serve/served_plan.h"

namespace fulmar {
namespace {

using What = OutsideEvent::What;

RecordingHead some_head() {
  RecordingHead head{.commit = "0123456789ab", .setup = {}};
  head.setup.plan = served_plan("churn", 7, {}).value();
  head.setup.ports = {9092, 9093, 9094, 9095, 9096};
  head.setup.topics = {{"orders", 3, 2}, {"others", 1, -1}};
  head.setup.after = milliseconds(1500);
  head.setup.wall_ms = 1'800'000'000'000;
  head.setup.kinds = {{"kill", "pause"}};
  return head;
}

std::vector<OutsideEvent> some_events() {
  std::string bytes("\0\xff{\"\n", 5);
  return {{.at = {5}, .connection = 1, .what = What::opened, .count = 2},
          {.at = {5}, .connection = 1, .what = What::bytes, .bytes = Bytes::copy_of(bytes)},
          {.at = {7}, .connection = 1, .what = What::acknowledged, .count = 131072},
          {.at = {9}, .connection = 1, .what = What::ended},
          {.at = {9'000'000'000}, .connection = 1, .what = What::closed}};
}

// The error of reading all of the text; empty if there is none.
std::string refusal_of(const std::string& text) {
  std::istringstream in(text);
  RecordingReader reader(in);
  auto head = reader.head();
  if (!head) return head.error().detail;
  for (;;) {
    auto entry = reader.next();
    if (!entry) return entry.error().detail;
    if (!*entry) return "";
  }
}

TEST(Recording, IsReadAsItWasWritten) {
  auto head = some_head();
  RecordingEnd end{{9'000'000'001}, 0x00ff, 12345};
  std::string text = to_line(head);
  EXPECT_TRUE(is_recording(text));
  for (const auto& event : some_events()) text += to_line(event);
  text += to_line(end);
  std::istringstream in(text);
  RecordingReader reader(in);
  auto read = reader.head();
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(*read, head);
  for (const auto& event : some_events()) {
    auto entry = reader.next();
    ASSERT_TRUE(entry.has_value()) << entry.error().detail;
    ASSERT_TRUE(entry->has_value());
    EXPECT_EQ(std::get<OutsideEvent>(**entry), event);
  }
  auto last = reader.next();
  ASSERT_TRUE(last.has_value() && last->has_value());
  EXPECT_EQ(std::get<RecordingEnd>(**last), end);
  EXPECT_FALSE(reader.next().value().has_value());
}

TEST(Recording, HalfALastLineIsNoError) {
  auto text = to_line(some_head()) + to_line(some_events()[0]);
  EXPECT_EQ(refusal_of(text + R"({"at_ns":5,"conn)"), "");
  EXPECT_EQ(refusal_of(text), "");
}

TEST(Recording, DamageIsToldWithItsLine) {
  auto head = to_line(some_head());
  EXPECT_EQ(refusal_of(""), "line 0: the recording is empty");
  EXPECT_EQ(refusal_of("{}\n"), "line 1: it is no recording of serve");
  auto other = head;
  other.replace(other.find(":1"), 2, ":2");
  EXPECT_EQ(refusal_of(other), "line 1: it has format 2, and this program reads format 1");
  other = head;
  other.replace(other.find("9092,"), 5, "");
  EXPECT_EQ(refusal_of(other), "line 1: 'ports' must have one for each broker");
  other = head;
  other.replace(other.find("\"brokers\":5"), 11, "\"brokers\":99");
  EXPECT_EQ(refusal_of(other), "line 1: setting 'brokers' must be from 1 to 15, not 99");
  EXPECT_EQ(refusal_of(head + "[]\n"), "line 2: it is no event that this program knows");
  EXPECT_EQ(refusal_of(head + R"({"at_ns":1,"connection":1,"opened":0,"more":1})" + "\n").substr(0, 7), "line 2:");
  EXPECT_EQ(refusal_of(head + R"({"at_ns":1,"connection":1,"bytes":"A==="})" + "\n"),
            "line 2: 'bytes' must be base64, and not empty");
  EXPECT_EQ(refusal_of(head + to_line(some_events()[2]) + to_line(some_events()[0])),
            "line 3: it is earlier than what is before it");
  EXPECT_EQ(refusal_of(head + to_line(RecordingEnd{}) + to_line(some_events()[0])),
            "line 3: there is something after the end");
}

TEST(Base64, IsAsOfTheStandard) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("\xff\xfe\xfd"), "//79");
  for (const auto* wrong : {"Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "====", "Zm9*", "Z=9v", "\n\n\n\n"})
    EXPECT_FALSE(from_base64(wrong).has_value()) << wrong;
}

RC_GTEST_PROP(Base64, GivesTheBytesBack, (const std::string& bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
}

}  // namespace
}  // namespace fulmar
