#include "broker/replication/earlier_states.h"

#include "broker/replication/hard_state_store.h"

namespace fulmar {

Result<std::size_t> upgrade_states(Host& host) {
  FULMAR_TRY(auto stored, HardStateStore::load(host.disk()));
  if (stored.earlier.empty()) return 0;
  // A broker of the previous release repairs this with the help of its peers.
  if (!stored.damage.empty()) return fail(Errc::corrupt, stored.damage.front() + " is damaged");
  for (const auto& group : stored.earlier) stored.states.at(group).log_term = log_term_of_last_batch;
  FULMAR_TRY_VOID(HardStateStore::begin(host, stored.next_life, stored.states));
  FULMAR_TRY_VOID(HardStateStore::remove_files(host.disk(), stored.files));
  return stored.earlier.size();
}

}  // namespace fulmar
