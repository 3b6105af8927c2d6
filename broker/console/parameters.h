// What the console's answers may be asked with. Each query is read whole before anybody is asked; its from() fails with
// invalid_argument and a sentence for a parameter that it does not have, that comes twice, or whose value it may not
// have.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "broker/protocol/record_batch.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class ConsoleParameters {
 public:
  static Result<ConsoleParameters> parse(std::string_view query);

  struct None {};
  Result<None> no_query() const;
  // Fails if there are others than these.
  Result<void> only(const std::set<std::string_view>& names) const;
  // nullopt: not given.
  Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t min, std::int64_t max) const;
  std::optional<std::string> text(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// A part of a long list.
struct ListPart {
  static constexpr std::int64_t count_max = 1000;

  std::size_t from = 0;  // how many entries are left out before it
  std::size_t count = 100;
};

struct TopicsQuery {
  std::string match;  // topics with this in their names, in letters of any case
  ListPart part;
  bool sizes = false;  // with their bytes, for which every broker is asked

  static Result<TopicsQuery> from(const ConsoleParameters& parameters);
};

struct TopicQuery {
  std::string name;
  ListPart part;  // of its partitions

  static Result<TopicQuery> from(const ConsoleParameters& parameters, std::string name);
};

struct RecordsQuery {
  static constexpr std::int64_t count_max = 500;

  std::string topic;
  std::int32_t partition = 0;
  // One of: an offset, the first record of a time or later, or the last records (neither).
  std::optional<Offset> offset;
  std::optional<Timestamp> time;
  std::size_t count = 50;

  static Result<RecordsQuery> from(const ConsoleParameters& parameters, std::string topic);
};

struct GroupsQuery {
  std::string match;
  ListPart part;

  static Result<GroupsQuery> from(const ConsoleParameters& parameters);
};

struct GroupQuery {
  std::string name;
  ListPart part;  // of its partitions, and of its members

  static Result<GroupQuery> from(const ConsoleParameters& parameters, std::string name);
};

// What whoever asks may change: of the cluster, and of these.
struct PermissionsQuery {
  std::optional<std::string> topic;
  std::optional<std::string> group;

  static Result<PermissionsQuery> from(const ConsoleParameters& parameters);
};

struct AclsQuery {
  std::string match;  // entries with this in the names of their resources or principals
  ListPart part;

  static Result<AclsQuery> from(const ConsoleParameters& parameters);
};

struct ConfigsQuery {
  std::optional<std::int32_t> broker;  // nullopt: those that are set for all brokers

  static Result<ConfigsQuery> from(const ConsoleParameters& parameters);
};

}  // namespace fulmar
