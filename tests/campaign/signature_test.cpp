// Signatures: two failures of one cause have the same one, in every build; failures of different causes don't.
#include "campaign/signature.h"

#include <gtest/gtest.h>

#include "campaign/stack_names.h"

namespace fulmar {
namespace {

constexpr Instant late{5'000'000'000};

Violation crash(const std::string& text) {
  return {"the process lives", "crash", text, Instant::max()};
}

// As a worker reports it.
std::string assertion(const std::string& condition, const std::string& line, const std::string& address,
                      const std::string& function = "fulmar::Replica::step(fulmar::Message const&) const") {
  return "the process died of signal 6 (Aborted)\nassertion failed: " + condition + " at broker/raft/raft.cpp:" + line +
         "\n" + std::string(stack_title) + "  gsignal, libc.so.6+0x3fd1" + address + "\n  abort, libc.so.6+0x1" +
         address + "\n  fulmar::assertion_failed(char const*, char const*, int), fulmar-sim+0x3" + address + "\n  " +
         function + ", fulmar-sim+0x7" + address +
         "\n  std::_Function_handler<void ()>::_M_invoke(std::_Any_data const&), fulmar-sim+0x1" + address +
         "\n  fulmar::(anonymous namespace)::run(int)::{lambda(fulmar::Host&)#1}::operator()(fulmar::Host&) const, "
         "fulmar-sim+0x2" +
         address + "\n  fulmar::Fiber::main() [clone .cold], fulmar-sim+0x5" + address +
         "\n  fulmar::Scheduler::run(), fulmar-sim+0x6" + address + "\n  ?, ?\n";
}

TEST(Signature, OfAnAssertionHasTheConditionAndTheFunctionsButNoPlaces) {
  auto signature = signature_of(crash(assertion("term <= last_term_", "120", "ab")));
  EXPECT_EQ(to_string(signature),
            "the process lives: crash, assertion failed: term <= last_term_ < fulmar::Replica::step < "
            "fulmar::(anonymous namespace)::run::{lambda(fulmar::Host&)#1}::operator < fulmar::Fiber::main");
  EXPECT_EQ(signature, signature_of(crash(assertion("term <= last_term_", "97", "ff"))));
  EXPECT_NE(signature, signature_of(crash(assertion("term < last_term_", "120", "ab"))));
  EXPECT_NE(signature, signature_of(crash(assertion("term <= last_term_", "120", "ab", "fulmar::Log::cut(long)"))));
}

TEST(Signature, OfABadAccessHasTheFunctions) {
  auto text = [](const char* address) {
    return "the process died of signal 11 (Segmentation fault)\n" + std::string(stack_title) +
           "  fulmar::Log::read(long), fulmar-sim+0x" + address + "\n  fulmar::Log::read(long), fulmar-sim+0x" +
           address + "\n";
  };
  EXPECT_EQ(signature_of(crash(text("12"))).details, std::vector<std::string>{"fulmar::Log::read"});
  EXPECT_EQ(signature_of(crash(text("12"))), signature_of(crash(text("34"))));
}

TEST(Signature, OfAnExceptionHasItsType) {
  auto details = signature_of(crash("terminate called after throwing an instance of 'std::bad_alloc'\n"
                                    "  what():  std::bad_alloc\n"))
                     .details;
  EXPECT_EQ(details, std::vector<std::string>{"exception 'std::bad_alloc'"});
}

TEST(Signature, OfWhatACheckerFoundIsPropertyAndAnomaly) {
  Violation one{"durability", "lost-write", "value 7 at offset 12", Instant::max()};
  Violation other{"durability", "lost-write", "value 8 at offset 13", late};
  EXPECT_EQ(signature_of(one), signature_of(other));
  EXPECT_EQ(to_string(signature_of(one)), "durability: lost-write");
  other.anomaly = "unseen";
  EXPECT_NE(signature_of(one), signature_of(other));
}

TEST(Signature, OfAHangIsTheSameWhereverItWasNoticed) {
  Violation one{"the process lives", "hang", assertion("a", "1", "2"), Instant::max()};
  EXPECT_TRUE(signature_of(one).details.empty());
}

TEST(Signature, OfALifeIsThatOfItsFirstViolation) {
  EXPECT_EQ(signature_of(Violations{}), std::nullopt);
  Violations life = {{"durability", "lost-write", "", Instant::max()},
                     {"liveness", "leak", "", late},
                     {"election safety", "two-leaders", "", late - seconds(1)},
                     {"liveness", "stuck-stop", "", late - seconds(1)}};
  EXPECT_EQ(signature_of(life), signature_of(life[2]));
  EXPECT_EQ(find_violation(life, {"liveness", "leak"}), &life[1]);
  EXPECT_EQ(find_violation(life, {"liveness", "livelock"}), nullptr);
}

}  // namespace
}  // namespace fulmar
