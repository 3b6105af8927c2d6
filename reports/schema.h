// The tables of a report, which docs/reports.md explains, and how a report of an earlier version gets them.
#pragma once

namespace fulmar {

constexpr int report_version = 3;         // SQLite's user_version
constexpr int report_version_oldest = 2;  // what can be migrated

extern const char* const report_schema;     // creates all, in an empty database
extern const char* const report_migration;  // from version 2; report_schema follows, then report_migrated
extern const char* const report_migrated;

}  // namespace fulmar
