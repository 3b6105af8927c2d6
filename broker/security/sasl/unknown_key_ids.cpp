#include "broker/security/sasl/unknown_key_ids.h"

#include <algorithm>

namespace fulmar {

bool UnknownKeyIds::note(std::string_view id, Instant now) {
  if (id.size() > id_bytes_max) return false;
  std::erase_if(noted_, [&](const Noted& noted) { return noted.until <= now; });
  if (std::ranges::find(noted_, id, &Noted::id) != noted_.end()) return false;
  if (noted_.size() == ids_max) noted_.erase(noted_.begin());
  noted_.push_back({std::string(id), now + remembered});
  return true;
}

}  // namespace fulmar
