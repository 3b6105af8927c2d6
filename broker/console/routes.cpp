#include "broker/console/routes.h"

#include <vector>

#include "broker/console/answers.h"
#include "broker/console/parameters.h"
#include "runtime/http/query.h"
#include "runtime/http/server.h"

namespace fulmar {

namespace {

// What is asked for is not there, is forbidden, does not suit what there is, or is wrong in itself; everything else is
// the cluster's trouble.
int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::group_id_not_found:
    case ErrorCode::resource_not_found: return 404;
    case ErrorCode::topic_authorization_failed:
    case ErrorCode::group_authorization_failed:
    case ErrorCode::cluster_authorization_failed: return 403;
    case ErrorCode::topic_already_exists:
    case ErrorCode::non_empty_group:
    case ErrorCode::group_subscribed_to_topic:
    case ErrorCode::unknown_member_id:
    case ErrorCode::security_disabled:
    case ErrorCode::topic_deletion_disabled: return 409;
    case ErrorCode::throttling_quota_exceeded: return 429;
    case ErrorCode::invalid_topic_exception:
    case ErrorCode::invalid_group_id:
    case ErrorCode::offset_out_of_range:
    case ErrorCode::invalid_partitions:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::invalid_config:
    case ErrorCode::policy_violation:
    case ErrorCode::invalid_request: return 400;
    default: return 502;
  }
}

template <class Query, class Make>
Result<ConsoleRoute> route(Result<Query> query, Make make) {
  FULMAR_TRY(auto asked, std::move(query));
  return [asked = std::move(asked), make](const ConsoleWork& work) -> HttpResponse {
    auto made = make(work, asked);
    if (!made) return error_response(made.error());
    return {.body = *std::move(made)};
  };
}

// "topics/a%2Fb" into its decoded pieces.
Result<std::vector<std::string>> pieces_of(std::string_view path) {
  std::vector<std::string> pieces;
  for (;;) {
    auto end = path.find('/');
    FULMAR_TRY(auto piece, decoded_path_segment(path.substr(0, end)));
    pieces.push_back(std::move(piece));
    if (end == std::string_view::npos) return pieces;
    path = path.substr(end + 1);
  }
}

}  // namespace

HttpResponse error_response(const ClientError& error) {
  auto response = http_error(status_of(error.code), error.detail.empty() ? to_string(error) : error.detail);
  if (error.code == ErrorCode::none) return response;
  response.body = "{\"error\": " + http_json_string(to_string(error)) +
                  ", \"code\": " + http_json_string(error_code_name(error.code)) + "}\n";
  return response;
}

Result<ConsoleRoute> find_route(std::string_view path, std::string_view query) {
  FULMAR_TRY(auto pieces, pieces_of(path));
  FULMAR_TRY(auto parameters, ConsoleParameters::parse(query));
  const auto& first = pieces.front();
  if (pieces.size() == 1 && first == "cluster") return route(parameters.no_query(), cluster_answer);
  if (pieces.size() == 1 && first == "topics") return route(TopicsQuery::from(parameters), topics_answer);
  if (pieces.size() == 2 && first == "topics") return route(TopicQuery::from(parameters, pieces[1]), topic_answer);
  if (pieces.size() == 3 && first == "topics" && pieces[2] == "records")
    return route(RecordsQuery::from(parameters, pieces[1]), records_answer);
  if (pieces.size() == 1 && first == "groups") return route(GroupsQuery::from(parameters), groups_answer);
  if (pieces.size() == 2 && first == "groups") return route(GroupQuery::from(parameters, pieces[1]), group_answer);
  if (pieces.size() == 1 && first == "configs") return route(ConfigsQuery::from(parameters), configs_answer);
  if (pieces.size() == 1 && first == "acls") return route(AclsQuery::from(parameters), acls_answer);
  if (pieces.size() == 1 && first == "permissions")
    return route(PermissionsQuery::from(parameters), permissions_answer);
  return fail(
      Errc::not_found,
      "there are /console/api/ cluster, topics, topics/NAME, topics/NAME/records, groups, groups/NAME, configs, "
      "acls and permissions");
}

}  // namespace fulmar
