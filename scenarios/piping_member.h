// PipingMember: a member of a grouped pipeline's group, which assigns the partitions (KIP-447): each process has a
// transactional id of its own, so only its place in the group fences those that are not members any more. In the middle
// of a transaction some are silent for longer than their session, and go on as if nothing had been. The base of the
// members of both protocols.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "scenarios/passing.h"

namespace fulmar {

class PipingMember : protected Passing {
 public:
  PipingMember(Host& host, Workload& workload, Random random);
  // Until the workload stops.
  void live();

 protected:
  enum class Standing : std::uint8_t {
    same,     // a member with the partitions in `own_`
    changed,  // to join again, or to begin again with what is in `own_` now
    lost,     // no member, or the coordinator can't be asked: begins again after a pause
  };

  // A new process, and whatever the one before has left.
  virtual void begin_membership() = 0;
  virtual void leave() = 0;
  // Tries once. Its partitions are in `own_` then. Returns whether it is a member.
  virtual bool join() = 0;
  virtual Standing standing() = 0;

  void begin();
  std::string group() const;
  // Of a static member; every third is one.
  std::optional<std::string> instance() const;

  std::set<std::int32_t> own_;

 private:
  void end();
  bool pass_all_on();

  const int number_;
  int processes_ = 0;
};

}  // namespace fulmar
