// The operations of a history in words: who, what, when, and what came of it.
#pragma once

#include "campaign/life_record.h"
#include "checkers/history.h"

namespace fulmar {

LifeRecord::Operation described(const SendOperation& send);
LifeRecord::Operation described(const ReadOperation& read);
LifeRecord::Operation described(const DeleteOperation& deletion);
LifeRecord::Operation described(const LookupOperation& lookup);
LifeRecord::Operation described(const EpochEndOperation& request);
LifeRecord::Operation described(const TopicOperation& operation);
LifeRecord::Operation described(const GroupJoin& join);
LifeRecord::Operation described(const GroupSync& sync);
LifeRecord::Operation described(const GroupCommit& commit);
LifeRecord::Operation described(const GroupFetch& fetch);
LifeRecord::Operation described(const PipedTransaction& transaction);
LifeRecord::Operation described(const TakeOver& taken);
LifeRecord::Operation described(const CommittedRead& read);
LifeRecord::Operation described(const StableOffset& told);
LifeRecord::Operation described(const ControllerOperation& operation);
LifeRecord::Operation described(const AccessOperation& operation);
LifeRecord::Operation described(const AuthenticationAttempt& attempt);
LifeRecord::Operation described(const GuardedRequest& request);
LifeRecord::Operation described(const KeyedSend& send);
LifeRecord::Operation described(const KeyedRead& read);

}  // namespace fulmar
