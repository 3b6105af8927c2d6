// History lines: what clients that others wrote did and saw, as a line of JSON each; added to the history that the
// project's own clients keep, and so judged by the same checkers.
//
//   {"invoke": VALUE, "at": NS, "producer": N, "topic": T, "partition": P, "count": N, "acks": A, "idempotent": BOOL}
//       and "renumbers": true, where the client takes new producer epochs by itself (SendOperation::renumbers)
//   {"ok": VALUE, "at": NS, "offset": O}     without the offset where the client was not told it
//   {"failed": VALUE, "at": NS}              not written, for certain
//   {"unknown": VALUE, "at": NS}             it may have been written
//   {"read": CONSUMER, "topic": T, "partition": P, "invoked": NS, "completed": NS, "position": O, "sought": BOOL,
//    "records": [[O, "the value as it came"], ...]}
//
// Of members of groups that read a topic, whose partitions' numbers are those of the history:
//
//   {"processed": GROUP, "partition": P, "first": O, "last": O, "at": NS}    told before the commit of what follows
//   {"commit": N, "group": GROUP, "member": M, "partition": P, "offset": O, "at": NS}
//   {"commit-ok": N, "at": NS}               without it, the commit may take effect at any time, or never; if it comes
//       late, the commit may have been sent twice, and the history has another one besides, which has no response
//
// Of pipelines:
//
//   {"take-over": ID, "epoch": E, "at": NS}    the transactional id has a new producer, whose number is E
//   {"transaction": N, "id": ID, "epoch": E}   it begins; N ascends for each ID
//   {"passed": N, "topic": T, "partition": P, "position": O, "offsets": [O, ...], "at": NS}    what it has read
//   {"end": N, "records": COUNT, "at": NS}     its commit is invoked, of so many records that it has written
//   {"committed": N, "at": NS} or {"aborted": N, "at": NS}
//
// VALUE is the number of the send's first record; a send that has no second line never ended. Times are of the
// monotonic clock. Producers and consumers have numbers of their own among all clients.
#pragma once

#include <istream>

#include "checkers/history.h"
#include "runtime/base/result.h"

namespace fulmar {

// Adds the lines to `history`, whose topics must be known. Errors: invalid_argument, with the line that is none, names
// an unknown topic, invokes a value twice or completes one that was not invoked.
Result<void> read_history_lines(std::istream& lines, History& history);

// Gives sends that were acknowledged without an offset the one at which the final read has their values; one that is
// missing there is a violation, and no longer counts as acknowledged.
void place_untold_sends(History& history, Violations& found);

}  // namespace fulmar
