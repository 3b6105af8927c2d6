// DiskPromises: the terms, votes and configurations on the brokers' disks that a power loss now could not take. Files
// are read again only if they have changed.
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

  // The durable state of a group on a broker's disk; null if there is none. Valid until the next call.
  const HardState* find(std::int32_t broker, const GroupId& group);

 private:
  struct File {
    std::string content;
    std::size_t read = 0;  // bytes that are applied; anything after them is a torn record
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
