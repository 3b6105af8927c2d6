// A client that commits offsets for a group without members, as consumers do that assign partitions to themselves: it
// commits, fetches, deletes some offsets, and sometimes the whole group, which the next commit creates again. One
// request after the other, so that the expected state is known exactly, except after lost responses. In lives whose
// offsets expire it fetches those of all other groups too.
#include "broker/client/group_admin.h"
#include "broker/protocol/messages/group_offsets.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/group_offsets.h"

namespace fulmar {

namespace {

class OffsetKeeper {
 public:
  OffsetKeeper(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        cluster_(host, cluster_options(workload, random_.split("cluster"))),
        shared_(shared_partitions(workload)) {
    workload_.groups_that_say_more.insert(group);
  }

  void live() {
    while (!workload_.stop) {
      switch (random_.below(6)) {
        case 0: remove([this](const auto& offsets) { return delete_offsets(offsets); }, some()); break;
        case 1: remove([this](const auto& offsets) { return delete_all(offsets); }, all()); break;
        default: commit(); break;
      }
      fetch();
      if (workload_.history.offsets_kept) look_at_others();
      pause(host_, random_, 1500);
    }
    // The last commits and deletions are fetched at the end too.
    while (!fetch()) pause(host_, random_, 300);
  }

 private:
  static constexpr const char* group = "simple";

  Answer<Brokers::Connection> coordinator(const std::string& of = group) {
    auto deadline = host_.clock().deadline_in(workload_.request_timeout);
    FULMAR_TRY(auto id, cluster_.coordinator_of(of, deadline));
    return cluster_.broker(id, deadline);
  }

  std::vector<std::int32_t> all() const {
    std::vector<std::int32_t> partitions;
    for (std::size_t n = 0; n < shared_.size(); ++n) partitions.push_back(static_cast<std::int32_t>(n));
    return partitions;
  }
  std::vector<std::int32_t> some() {
    auto partitions = all();
    std::erase_if(partitions, [&](auto) { return random_.chance(1, 2); });
    return partitions;
  }

  bool fetch() {
    auto error = fetch_offsets(host_, workload_, coordinator(), group, shared_);
    return error == ErrorCode::none;
  }

  // What it has committed itself expires too, while it is away.
  void look_at_others() {
    for (const auto& [other, living] : workload_.living_members)
      (void)fetch_offsets(host_, workload_, coordinator(other), other, shared_);
    if (random_.chance(1, 4)) stay_away(host_, workload_, random_);
  }

  void commit() {
    std::vector<GroupCommit> commits;
    for (auto partition : some()) commits.push_back({group, "", -1, partition, workload_.next_commit++});
    if (commits.empty()) return;
    auto to = coordinator();
    commit_offsets(host_, workload_, to, std::move(commits), shared_, [&](const GroupOffsets& offsets) -> CommitAnswer {
      auto request = offset_commit(group, offsets);
      say_more(request);
      FULMAR_TRY(auto response, (*to)->call<OffsetCommitResponse>(request, deadline(), offset_commit_by_name));
      return told(response.topics);
    });
  }

  void remove(const std::function<CommitAnswer(const GroupOffsets&)>& how, const std::vector<std::int32_t>& which) {
    std::vector<GroupCommit> deletions;
    for (auto partition : which) deletions.push_back({group, "", -1, partition, -1});
    if (deletions.empty()) return;
    to_ = coordinator();
    auto error = commit_offsets(host_, workload_, *to_, std::move(deletions), shared_, how);
    if (error == ErrorCode::none) workload_.marks.reach(Mark::group_offset_deleted);
  }

  CommitAnswer delete_offsets(const GroupOffsets& offsets) {
    OffsetDeleteRequest request;
    request.group_id = group;
    for (const auto& [partition, offset] : offsets) {
      if (request.topics.empty() || request.topics.back().name != partition.first)
        request.topics.emplace_back().name = partition.first;
      request.topics.back().partitions.push_back({partition.second});
    }
    FULMAR_TRY(auto response, (**to_)->call<OffsetDeleteResponse>(request, deadline()));
    if (response.error_code != ErrorCode::none) return each(offsets, response.error_code);
    return told(response.topics);
  }

  CommitAnswer delete_all(const GroupOffsets& offsets) {
    FULMAR_TRY(auto response, (**to_)->call<DeleteGroupsResponse>(DeleteGroupsRequest{{group}}, deadline()));
    return each(offsets,
                response.results.size() == 1 ? response.results[0].error_code : ErrorCode::unknown_server_error);
  }

  static CommitAnswer each(const GroupOffsets& offsets, ErrorCode error) {
    std::map<PartitionName, ErrorCode> errors;
    for (const auto& [partition, offset] : offsets) errors[partition] = error;
    return errors;
  }
  template <class Topics>
  static CommitAnswer told(const Topics& topics) {
    std::map<PartitionName, ErrorCode> errors;
    for (const auto& topic : topics)
      for (const auto& partition : topic.partitions) errors[{topic.name, partition.index}] = partition.error_code;
    return errors;
  }
  Deadline deadline() { return host_.clock().deadline_in(workload_.request_timeout); }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  const std::vector<PartitionName> shared_;
  std::optional<Answer<Brokers::Connection>> to_;
};

}  // namespace

void keep_offsets(Host& host, Workload& workload) {
  OffsetKeeper(host, workload).live();
}

}  // namespace fulmar
