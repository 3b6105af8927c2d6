// The tables of a report, which docs/reports.md explains, and how a report of an earlier version gets them.
#pragma once

namespace fulmar {

constexpr int report_version = 5;         // SQLite's user_version
constexpr int report_version_oldest = 2;  // what can be migrated

// The tables of version 3, in an empty database, and what versions 4 and 5 added.
extern const char* const report_schema;
extern const char* const report_schema_recordings;
extern const char* const report_schema_sightings;
extern const char* const report_migration;  // from version 2; report_schema follows, then report_migrated
extern const char* const report_migrated;

}  // namespace fulmar
