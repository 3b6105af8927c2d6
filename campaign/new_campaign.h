// What the report of every new campaign begins with.
#pragma once

#include "reports/life_report.h"

namespace fulmar {

// With a name that no other campaign has, on any machine, this program's build, and the present time.
CampaignReport new_campaign();

}  // namespace fulmar
