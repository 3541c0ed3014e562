"""The tables of a replica: what it has seen of the hub's logs, what waits to be sent, what was answered."""

from __future__ import annotations

TABLES = (
    # What a fold brought: the areas it changed and their highest number from then on (the writer's view).
    """CREATE TABLE IF NOT EXISTS sync_view (fold INTEGER, area TEXT, seq INTEGER NOT NULL,
  PRIMARY KEY (fold, area)) WITHOUT ROWID""",
    # `seq` is the last entry folded; `whole` and `head` belong to the last block that came in completely.
    """CREATE TABLE IF NOT EXISTS sync_cursor (area TEXT PRIMARY KEY, seq INTEGER NOT NULL,
  whole INTEGER NOT NULL, head BLOB NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID""",
    # The confirmed record beneath own pending changes, once it differs from what they replaced: cells by
    # field id, and per field the fold that brought a value the user has not seen yet.
    """CREATE TABLE IF NOT EXISTS sync_shadow (tbl TEXT, uid TEXT, alive INTEGER NOT NULL,
  cells TEXT NOT NULL, unseen TEXT NOT NULL, PRIMARY KEY (tbl, uid)) WITHOUT ROWID""",
    # A record that has entered another area already while the log of the one it left is still behind.
    """CREATE TABLE IF NOT EXISTS sync_ghost (area TEXT, tbl TEXT, uid TEXT, cells TEXT NOT NULL,
  PRIMARY KEY (area, tbl, uid)) WITHOUT ROWID""",
    # The area of a record that does not say itself where it belongs.
    """CREATE TABLE IF NOT EXISTS sync_place (tbl TEXT, uid TEXT, area TEXT NOT NULL,
  PRIMARY KEY (tbl, uid)) WITHOUT ROWID""",
    # A unique value that another record of this file still holds: the true one, shown with a mark meanwhile.
    """CREATE TABLE IF NOT EXISTS sync_taken (tbl TEXT, uid TEXT, field TEXT, value TEXT NOT NULL,
  PRIMARY KEY (tbl, uid, field)) WITHOUT ROWID""",
    # Own changes of a transaction marked `sent` without an answer; those without a batch wait anew.
    """CREATE TABLE IF NOT EXISTS sync_sent (seq INTEGER PRIMARY KEY, txn INTEGER NOT NULL, number INTEGER,
  batch INTEGER)""",
    "CREATE INDEX IF NOT EXISTS ix_sync_sent_txn ON sync_sent (txn)",
    "CREATE INDEX IF NOT EXISTS ix_sync_sent_batch ON sync_sent (batch)",
    "DROP INDEX IF EXISTS ix_sync_sent_number",  # files of earlier versions have it; nothing asks by it
    """CREATE TABLE IF NOT EXISTS sync_batch (id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, sha256 BLOB NOT NULL, body BLOB, state TEXT NOT NULL,
  acts TEXT NOT NULL, rows TEXT)""",
    """CREATE TABLE IF NOT EXISTS sync_verdict (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
  act TEXT NOT NULL, tbl TEXT NOT NULL, uid TEXT NOT NULL, verdict TEXT NOT NULL, note TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ix_sync_verdict_act ON sync_verdict (act)",
    # A workspace that began as a snapshot: its records have no beginning in the journal.
    "CREATE TABLE IF NOT EXISTS sync_origin (area TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
    # The hub's blocks as they came, with its signature over the head after each; see keptblocks.py.
    """CREATE TABLE IF NOT EXISTS sync_block (area TEXT, first INTEGER NOT NULL, last INTEGER,
  body BLOB NOT NULL, head BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (area, last))""",
    # What a newer hub says beyond this program, by field id (MessagePack); see beyond.py.
    """CREATE TABLE IF NOT EXISTS sync_beyond (area TEXT, tbl TEXT, uid TEXT, cells BLOB NOT NULL,
  PRIMARY KEY (area, tbl, uid)) WITHOUT ROWID""",
    # Blocks that a hub brought back from a backup no longer had; they are given back to it.
    """CREATE TABLE IF NOT EXISTS sync_lost (head BLOB PRIMARY KEY, area TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS sync_blob (sha256 TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sync_private (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS ix_sync_txn_unsealed ON sync_txn (id) WHERE sealed_batch IS NULL",
    "CREATE INDEX IF NOT EXISTS ix_sync_txn_own ON sync_txn (id) WHERE sealed_batch IS NOT 'hub'",
    "CREATE INDEX IF NOT EXISTS ix_sync_claim_txn ON sync_claim (txn)",
)
NAMES = (
    "sync_view",
    "sync_cursor",
    "sync_shadow",
    "sync_ghost",
    "sync_place",
    "sync_taken",
    "sync_sent",
    "sync_batch",
    "sync_verdict",
    "sync_origin",
    "sync_block",
    "sync_lost",
    "sync_beyond",
    "sync_blob",
    "sync_private",
)
