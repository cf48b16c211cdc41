-- Times are milliseconds since the epoch. The empty namespace of a token stands for the whole node.

CREATE TABLE namespaces (
  name TEXT PRIMARY KEY,
  labels TEXT NOT NULL,
  max_functions INTEGER NOT NULL,
  max_instances INTEGER NOT NULL,
  max_memory_bytes INTEGER NOT NULL,
  max_calls_per_second INTEGER NOT NULL,
  max_disk_bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO namespaces VALUES ('default', '{}', 0, 0, 0, 0, 0);

CREATE TABLE tokens (
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

-- One row: known text under the master key, by which a wrong key is noticed.
CREATE TABLE key_check (
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE secrets (
  namespace TEXT NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE functions (
  id INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL REFERENCES namespaces (name),
  name TEXT NOT NULL,
  current INTEGER NOT NULL,
  replicas INTEGER NOT NULL DEFAULT 0,
  UNIQUE (namespace, name)
) STRICT;

-- The version with the highest activation is the current one, the one with the next highest was current before it.
CREATE TABLE versions (
  function INTEGER NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL,
  spec TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  activation INTEGER NOT NULL,
  PRIMARY KEY (function, number),
  UNIQUE (function, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_trees (
  function INTEGER NOT NULL,
  number INTEGER NOT NULL,
  tree TEXT NOT NULL,
  PRIMARY KEY (function, number, tree),
  FOREIGN KEY (function, number) REFERENCES versions (function, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX version_trees_by_tree ON version_trees (tree);

CREATE TABLE version_secrets (
  function INTEGER NOT NULL,
  number INTEGER NOT NULL,
  secret TEXT NOT NULL,
  PRIMARY KEY (function, number, secret),
  FOREIGN KEY (function, number) REFERENCES versions (function, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE trees (
  digest TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tree_owners (
  namespace TEXT NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  tree TEXT NOT NULL REFERENCES trees (digest),
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, tree)
) STRICT, WITHOUT ROWID;

CREATE INDEX tree_owners_by_tree ON tree_owners (tree);

-- A body is in the row when it is short, otherwise in a file of its own; state is 'waiting', 'claimed' or 'dead'.
CREATE TABLE async_calls (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL REFERENCES namespaces (name) ON DELETE CASCADE,
  function TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  query TEXT NOT NULL,
  headers TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  body BLOB,
  body_file TEXT,
  body_length INTEGER NOT NULL,
  callback_url TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  failed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX async_calls_by_due ON async_calls (state, namespace, function, due_at, sequence);
CREATE INDEX async_calls_by_failure ON async_calls (namespace, failed_at) WHERE state = 'dead';

CREATE TABLE cron_firings (
  function INTEGER NOT NULL REFERENCES functions (id) ON DELETE CASCADE,
  trigger_digest TEXT NOT NULL,
  fired_at INTEGER NOT NULL,
  PRIMARY KEY (function, trigger_digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
