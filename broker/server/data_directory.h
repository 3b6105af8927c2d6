// DataDirectory: the directory that a broker lives in, from its lock on: whose it is, and in which state the life
// before left it.
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

  // Keeps other brokers out, until this object ends. Errors: exists: another uses it, in words for people; io_error.
  Result<void> lock();
  // Makes it this node's, and reads what earlier lives have promised. `by_itself`: a broker without a cluster, which
  // has promised nobody anything. Errors: what kept it from that, for people.
  Result<void> take(std::int32_t node_id, bool by_itself);

  // -- Once it is taken.
  Identity& identity() { return *identity_; }
  // Whether the life before stopped in order.
  bool clean() const { return clean_; }
  StoredStates take_promises() { return std::move(promises_); }
  // For the next life: this one has stopped in order. Errors: as replace_file.
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
