// DiskPromises: the terms, votes and configurations that the brokers' disks have for good, whatever happens to them
// now. What was read once is read again only where it has changed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/replication/hard_state_store.h"
#include "checkers/replication/shadow_log.h"

namespace fulmar {

class DiskPromises {
 public:
  explicit DiskPromises(const Machines& machines) : machines_(machines) {}

  // What a broker's disk has of a group; null if nothing. Valid until asked again.
  const HardState* find(std::int32_t broker, const GroupId& group);

 private:
  struct File {
    std::string content;
    std::size_t read = 0;  // so much of it is in the states; a torn record follows, if anything
  };
  struct Disk {
    std::map<std::pair<std::uint64_t, std::uint64_t>, File> files;  // by life and shard
    HardStates states;
  };
  void refresh(std::int32_t broker, Disk& disk) const;

  const Machines& machines_;
  std::map<std::int32_t, Disk> disks_;  // by broker
};

}  // namespace fulmar
