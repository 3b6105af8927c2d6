#include "reports/schema.h"

namespace fulmar {

const char* const report_schema = R"sql(
CREATE TABLE builds(
  id INTEGER PRIMARY KEY,
  build TEXT NOT NULL UNIQUE);
CREATE TABLE campaigns(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  build INTEGER REFERENCES builds(id),
  begun TEXT,
  state TEXT NOT NULL CHECK(state IN ('running', 'interrupted', 'complete')),
  elapsed_seconds REAL NOT NULL,
  scenarios TEXT NOT NULL,
  first_seed INTEGER NOT NULL,
  last_seed INTEGER,
  shard INTEGER NOT NULL,
  shards INTEGER NOT NULL,
  seconds_max REAL NOT NULL,
  until_first_failure INTEGER NOT NULL,
  settings TEXT NOT NULL,
  faults TEXT);
CREATE TABLE signatures(
  id INTEGER PRIMARY KEY,
  signature TEXT NOT NULL UNIQUE);
CREATE TABLE lives(
  id INTEGER PRIMARY KEY,
  campaign INTEGER NOT NULL REFERENCES campaigns(id),
  scenario TEXT NOT NULL,
  seed INTEGER NOT NULL,
  hash TEXT NOT NULL,
  events INTEGER,
  simulated_seconds REAL NOT NULL,
  wall_seconds REAL NOT NULL,
  cpu_seconds REAL,
  ended_seconds REAL,
  plays INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  signature INTEGER REFERENCES signatures(id),
  difference TEXT,
  replay TEXT,
  UNIQUE(campaign, scenario, seed));
CREATE TABLE plans(
  life INTEGER PRIMARY KEY REFERENCES lives(id),
  plan TEXT NOT NULL,
  description TEXT NOT NULL);
CREATE TABLE settings(
  life INTEGER NOT NULL REFERENCES lives(id),
  setting TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY(life, setting)) WITHOUT ROWID;
CREATE TABLE faults(
  life INTEGER NOT NULL REFERENCES lives(id),
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at_seconds REAL NOT NULL,
  duration_seconds REAL NOT NULL,
  target TEXT NOT NULL,
  peer TEXT,
  amount INTEGER,
  PRIMARY KEY(life, number)) WITHOUT ROWID;
CREATE TABLE violations(
  life INTEGER NOT NULL REFERENCES lives(id),
  number INTEGER NOT NULL,
  property TEXT NOT NULL,
  anomaly TEXT NOT NULL,
  text TEXT NOT NULL,
  at_seconds REAL,
  PRIMARY KEY(life, number)) WITHOUT ROWID;
CREATE TABLE operations(
  life INTEGER NOT NULL REFERENCES lives(id),
  operation TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(life, operation)) WITHOUT ROWID;
CREATE TABLE marks(
  life INTEGER NOT NULL REFERENCES lives(id),
  mark TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(life, mark)) WITHOUT ROWID;
CREATE VIEW findings AS
  SELECT s.signature, count(*) AS lives, l.scenario, l.seed, 
    nullif(min(coalesce(l.events, 9223372036854775807)), 9223372036854775807) AS events, l.replay,
    l.id AS life
  FROM lives l JOIN signatures s ON s.id = l.signature GROUP BY s.id;
)sql";

const char* const report_schema_recordings = R"sql(
CREATE TABLE recordings(
  life INTEGER PRIMARY KEY REFERENCES lives(id),
  happenings INTEGER NOT NULL,
  nodes TEXT NOT NULL,
  capsule TEXT NOT NULL);
CREATE TABLE happenings(
  life INTEGER NOT NULL REFERENCES recordings(life),
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  events INTEGER NOT NULL,
  at_seconds REAL NOT NULL,
  node TEXT,
  shard INTEGER,
  peer TEXT,
  cause INTEGER,
  began_seconds REAL,
  bytes INTEGER,
  subject TEXT,
  text TEXT,
  state TEXT,
  PRIMARY KEY(life, number)) WITHOUT ROWID;
CREATE TABLE client_operations(
  life INTEGER NOT NULL REFERENCES recordings(life),
  number INTEGER NOT NULL,
  client TEXT NOT NULL,
  what TEXT NOT NULL,
  invoked_seconds REAL NOT NULL,
  completed_seconds REAL,
  outcome TEXT NOT NULL,
  PRIMARY KEY(life, number)) WITHOUT ROWID;
CREATE TABLE explanations(
  life INTEGER PRIMARY KEY REFERENCES lives(id),
  failure_seconds REAL NOT NULL,
  steepest INTEGER NOT NULL,
  events TEXT NOT NULL,
  cone TEXT NOT NULL,
  without TEXT,
  verdict TEXT,
  same_lines INTEGER,
  failing TEXT,
  passing TEXT);
CREATE TABLE futures(
  life INTEGER NOT NULL REFERENCES explanations(life),
  event INTEGER NOT NULL,
  at_seconds REAL NOT NULL,
  lives INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY(life, event)) WITHOUT ROWID;
)sql";

const char* const report_schema_sightings = R"sql(
ALTER TABLE marks ADD COLUMN first_event INTEGER;
)sql";

const char* const report_migration = R"sql(
DROP INDEX marks_by_name;
DROP INDEX runs_by_seed;
DROP INDEX violations_by_seed;
ALTER TABLE campaigns RENAME TO old_campaigns;
ALTER TABLE violations RENAME TO old_violations;
ALTER TABLE marks RENAME TO old_marks;
)sql";

// A run may be there twice, if a campaign's seeds were played twice: the last one stays.
const char* const report_migrated = R"sql(
INSERT INTO campaigns SELECT id, 'version-2-' || lower(hex(randomblob(8))), NULL, NULL, 'complete', 0, scenario,
    first_seed, last_seed, 1, 1, 0, 0, '', NULL FROM old_campaigns;
INSERT INTO signatures(signature)
  SELECT DISTINCT property || ': ' || anomaly FROM old_violations v
  WHERE v.rowid = (SELECT min(rowid) FROM old_violations WHERE campaign = v.campaign AND seed = v.seed);
INSERT OR REPLACE INTO lives SELECT r.rowid, r.campaign, c.scenario, r.seed, r.hash, NULL, r.simulated_seconds,
    r.wall_seconds, NULL, NULL, 1, NOT r.clean,
    (SELECT s.id FROM old_violations v JOIN signatures s ON s.signature = v.property || ': ' || v.anomaly
     WHERE v.campaign = r.campaign AND v.seed = r.seed ORDER BY v.rowid LIMIT 1), NULL,
    CASE WHEN NOT r.clean THEN 'replay --scenario ' || c.scenario || ' --seed ' || r.seed END
  FROM runs r JOIN old_campaigns c ON c.id = r.campaign;
INSERT INTO plans SELECT l.id, r.plan, '' FROM lives l JOIN runs r ON r.rowid = l.id WHERE json_valid(r.plan);
INSERT INTO settings SELECT p.life, s.key, s.value FROM plans p, json_each(p.plan, '$.settings') s;
INSERT INTO faults SELECT p.life, f.key, f.value ->> '$.kind', (f.value ->> '$.at_us') / 1e6,
    (f.value ->> '$.duration_us') / 1e6, f.value ->> '$.target', f.value ->> '$.peer', f.value ->> '$.amount'
  FROM plans p, json_each(p.plan, '$.faults') f;
INSERT INTO violations SELECT l.id, row_number() OVER (PARTITION BY l.id ORDER BY v.rowid) - 1, v.property, v.anomaly,
    v.text, NULL
  FROM old_violations v JOIN lives l ON l.campaign = v.campaign AND l.seed = v.seed;
INSERT OR REPLACE INTO marks SELECT l.id, m.mark, m.count
  FROM old_marks m JOIN lives l ON l.campaign = m.campaign AND l.seed = m.seed;
DROP TABLE old_marks;
DROP TABLE old_violations;
DROP TABLE runs;
DROP TABLE old_campaigns;
)sql";

}  // namespace fulmar
