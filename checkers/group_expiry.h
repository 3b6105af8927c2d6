// OffsetExpiry: when committed offsets of groups may expire (KIP-211): at the earliest when they are as old as offsets
// are kept, and in a group with members not before it has been without them for as long. A group without members and
// offsets is deleted; the next member makes it again, with generations from 1 on. Condition: the brokers' clocks are
// right.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkers/history.h"

namespace fulmar {

class OffsetExpiry {
 public:
  explicit OffsetExpiry(const History& history);
  // Whether the offset, the latest one that was acknowledged before the fetch, may have expired when it was answered.
  bool may_have_expired(const GroupCommit& latest, const GroupFetch& fetch) const;
  // Whether the group was certainly not deleted between these two instants.
  bool stays(const std::string& group, Instant one, Instant other) const;

 private:
  struct Span {
    Instant from;
    Instant until;
  };
  using Spans = std::map<std::string, std::vector<Span>>;  // by group, by `from`
  static void sort(Spans& all);
  // The first instant from `at` on that is in no span.
  static Instant first_free(const Spans& all, const std::string& group, Instant at);

  std::optional<Duration> kept_;
  Spans has_members_;
  Spans keeps_offsets_;  // none expires
};

}  // namespace fulmar
