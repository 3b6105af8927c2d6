// Administrative requests about transactions (KIP-664). Each is retried until it succeeds, fails for good, or the
// client's patience ends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/producers.h"

namespace fulmar {

struct TransactionFilter {
  std::vector<std::string> states;  // "Ongoing"; none: all
  std::int64_t open_ms_min = -1;    // open for longer than that; -1: all
};

// All transactions of all coordinators, by transactional id. Errors: if a broker can't be asked, since some would be
// missing then; INVALID_REQUEST: there is no such state.
Answer<std::map<std::string, ListTransactionsResponse::Transaction>> list_transactions(ClusterClient& cluster,
                                                                                       const TransactionFilter& filter);
// Errors: TRANSACTIONAL_ID_NOT_FOUND.
Answer<DescribeTransactionsResponse::Transaction> describe_transaction(ClusterClient& cluster,
                                                                       const std::string& transactional_id);
// Aborts the open transaction, if any, and fences its producer. Errors: TRANSACTIONAL_ID_NOT_FOUND.
Answer<void> abort_transaction(ClusterClient& cluster, const std::string& transactional_id);

}  // namespace fulmar
