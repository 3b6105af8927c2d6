// CredentialWatch: notes which password of the clients' user each broker knows when, by the images of the metadata that
// it shows, and whether strangers had any effect.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "broker/server/shard/broker_observer.h"
#include "scenarios/life_security.h"
#include "scenarios/workload.h"

namespace fulmar {

class CredentialWatch {
 public:
  // What a topic is called that a stranger asks for: there must never be one.
  static constexpr std::string_view strangers_topic = "of-a-stranger";

  CredentialWatch(Workload& workload, std::function<Instant()> now);

  // The broker shows this image on all of its shards now; on some it may have before.
  void shows(std::int32_t broker, const MetadataImage& image);
  // A process of its begins.
  void begins(std::int32_t broker);
  // To be called before the history is checked.
  void finish();

 private:
  struct Known {
    std::string password;
    Instant from;
    Instant shown;  // the image
  };
  std::string password_in(const MetadataImage& image) const;
  void note(std::int32_t broker, const Known& known);

  Workload& workload_;
  std::function<Instant()> now_;
  std::map<std::int32_t, Known> known_;  // by broker
};

// Passes on what a broker shows, and nothing else that it is told.
class ImageObserver final : public BrokerObserver {
 public:
  explicit ImageObserver(CredentialWatch& watch) : watch_(watch) {}

  void shows(const ReplicaId& self, const MetadataImage& image) override { watch_.shows(self.broker, image); }
  void compacted(const GroupId&, const ReplicaId&, std::size_t) override {}
  void coordinates(const GroupId&, const ReplicaId&, Epoch, const AllUnderWay&) override {}
  void opened(const ReplicaSight&, const std::string&, const EpochCache&) override {}
  void appended(const GroupId&, const ReplicaId&, const BatchHeader&) override {}
  void rewriting(const GroupId&, const ReplicaId&, Offset, Offset, const std::vector<RewrittenBatch>&) override {}
  void truncated(const GroupId&, const ReplicaId&, Offset) override {}
  void started_over(const GroupId&, const ReplicaId&, Offset) override {}
  void commits(const GroupId&, Offset) override {}
  void stepped(const ReplicaSight&) override {}
  void broke(const GroupId&, const ReplicaId&, std::string_view) override {}
  void sends(const GroupId&, const Message&) override {}
  void heard(const GroupId&, const Message&, Epoch) override {}
  void removed(const GroupId&, const ReplicaId&) override {}

 private:
  CredentialWatch& watch_;
};

}  // namespace fulmar
