// DataDirectory: a broker's data directory: its lock, its owner, and the state in which the last life left it.
#pragma once

#include <memory>
#include <optional>

#include "broker/replication/hard_state_store.h"
#include "broker/server/identity.h"
#include "runtime/base/result.h"
#include "runtime/host/host.h"

namespace fulmar {

class DataDirectory {
 public:
  explicit DataDirectory(Host& host) : host_(host) {}

  // Locks out other brokers until this object is destroyed. Errors: exists: another broker uses it, in words for
  // people; io_error.
  Result<void> lock();
  // Makes it this node's, and reads the stored hard states. `by_itself`: a broker without a cluster, whose hard states
  // no other depends on. Errors: why that was not possible, for people.
  Result<void> take(std::int32_t node_id, bool by_itself);

  // -- After take().
  Identity& identity() { return *identity_; }
  // Whether the last life stopped in order.
  bool clean() const { return clean_; }
  StoredStates take_promises() { return std::move(promises_); }
  // Notes for the next life that this one has stopped in order. Errors: as replace_file.
  Result<void> mark_clean();

 private:
  static Result<void> refuse_interrupted_upgrade(const std::vector<DirectoryEntry>& entries);
  Result<void> take_clean_mark();
  Result<void> read_promises(bool by_itself);

  Host& host_;
  std::unique_ptr<File> lock_;
  std::optional<Identity> identity_;
  bool clean_ = false;
  StoredStates promises_;
};

}  // namespace fulmar
