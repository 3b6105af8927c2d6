#include "campaign/new_campaign.h"

#include <cstdio>
#include <ctime>
#include <random>

#include "campaign/build_id.h"

namespace fulmar {

namespace {

std::string utc_now() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[30];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string new_name() {
  std::random_device random;
  char text[40];
  std::snprintf(text, sizeof text, "%08x%08x%08x", random(), random(), random());
  return text;
}

}  // namespace

CampaignReport new_campaign() {
  CampaignReport campaign;
  campaign.name = new_name();
  campaign.build = build_id();
  campaign.begun = utc_now();
  return campaign;
}

}  // namespace fulmar
