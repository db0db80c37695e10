"""The log in a PostgreSQL schema (15 or newer) that holds this log and nothing else; needs the extra `postgres`.

One session writes. It holds an advisory lock as long as it lives, and positions are a primary key, so that two keepers
can never both append. A commit waits until the server says that it is on the disk (`synchronous_commit = on`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import conninfo

from ostiary.controller.store.errors import NewerSchema, StoreUnavailable, ThreePartError
from ostiary.controller.store.log_store import COLUMNS, SCHEMA_VERSION, STRETCH_BITS, RecordRow

LOCK = 0x6F7374  # "ost": the first of two numbers; the second says which schema
CONNECT_S = 5
OLDEST_SERVER = 15
SCHEMA = f"""
CREATE TABLE record (
  position bigint PRIMARY KEY,
  kind text NOT NULL,
  door text,
  at_ms bigint NOT NULL,
  verdict text,
  code text,
  receipt_tag bytea,
  about bigint,
  commitment bytea NOT NULL CHECK (length(commitment) = 32),
  wraps bytea NOT NULL,
  sealed bytea NOT NULL
);
ALTER TABLE record ALTER sealed SET STORAGE EXTERNAL;
CREATE INDEX record_receipt ON record ((position >> {STRETCH_BITS}), receipt_tag) WHERE receipt_tag IS NOT NULL;
CREATE INDEX record_about ON record (about) WHERE about IS NOT NULL;
CREATE INDEX record_act ON record (kind, position) WHERE kind NOT IN ('decision', 'event', 'outcome', 'refusal');

CREATE FUNCTION record_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE first bigint; last bigint; many bigint; before bigint;
BEGIN
  SELECT min(position), max(position), count(*) INTO first, last, many FROM added;
  SELECT coalesce(max(position) + 1, 0) INTO before FROM record WHERE position < first;
  IF many > 0 AND (first <> before OR last - first + 1 <> many) THEN
    RAISE EXCEPTION 'a record follows the last one without a gap' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER record_follows AFTER INSERT ON record REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION record_follows();

CREATE FUNCTION record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'records are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER record_stays BEFORE UPDATE ON record FOR EACH ROW
WHEN ((OLD.position, OLD.kind, OLD.door, OLD.at_ms, OLD.verdict, OLD.code, OLD.receipt_tag, OLD.about, OLD.commitment,
       OLD.sealed) IS DISTINCT FROM
      (NEW.position, NEW.kind, NEW.door, NEW.at_ms, NEW.verdict, NEW.code, NEW.receipt_tag, NEW.about, NEW.commitment,
       NEW.sealed) OR length(NEW.wraps) >= length(OLD.wraps))
EXECUTE FUNCTION record_stays();
CREATE TRIGGER record_remains BEFORE DELETE OR TRUNCATE ON record EXECUTE FUNCTION record_stays();

CREATE TABLE checkpoint (size bigint PRIMARY KEY, note text NOT NULL);
CREATE TABLE freshness (node text PRIMARY KEY, boot bigint NOT NULL, seq bigint NOT NULL);
CREATE TABLE journal (node text PRIMARY KEY, upto bigint NOT NULL);
CREATE TABLE ostiary_log (version integer NOT NULL);
INSERT INTO ostiary_log VALUES ({SCHEMA_VERSION})
"""  # noqa: S608

_CHECKPOINT = "INSERT INTO checkpoint VALUES (%s, %s)"
# Numbers only rise: a message that comes late never opens the way for one that was already used.
_FRESHNESS = """
INSERT INTO freshness AS held SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT (node) DO UPDATE SET boot = excluded.boot, seq = excluded.seq
WHERE (excluded.boot, excluded.seq) > (held.boot, held.seq)
"""
_JOURNAL = """
INSERT INTO journal AS held SELECT * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (node) DO UPDATE SET upto = greatest(held.upto, excluded.upto)
"""
_TYPES = ["int8", "text", "text", "int8", "text", "text", "bytea", "int8", "bytea", "bytea", "bytea"]


class LogHeld(ThreePartError):
    """Another session holds the log of this database."""


class BadDsn(ThreePartError, ValueError):
    """The address of the database cannot be used."""


class PostgresReader:
    """Questions to the database; see `LogReader`."""

    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, dsn: str) -> None:
        """Raises BadDsn, StoreUnavailable, NewerSchema."""
        self._connection = _connected(dsn, writes=False)
        try:
            _check_version(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def execute(self, query: str, values: Sequence[Any] = ()) -> Any:
        # The house's own queries have a `?` for each value, and no other.
        return self._connection.execute(query.replace("?", "%s"), values or None)

    def mark(self) -> int:
        return self.execute("SELECT coalesce(max(position), -1) FROM record").fetchone()[0]

    def close(self) -> None:
        self._connection.close()


class PostgresWriter(PostgresReader):
    """The session that writes; see `LogWriter`."""

    def __init__(self, dsn: str) -> None:
        """Raises BadDsn, LogHeld, StoreUnavailable, NewerSchema."""
        self._connection = _connected(dsn, writes=True)
        try:
            self._take_lock()
            self._prepare()
        except BaseException:
            self.close()
            raise

    def write(
        self,
        records: Iterable[Sequence[RecordRow]],
        checkpoint: Callable[[], tuple[int, str] | None],
        freshness: Mapping[str, tuple[int, int]],
        journal: Mapping[str, int],
    ) -> None:
        db = self._connection
        with db.transaction(), db.cursor() as cursor:
            with cursor.copy(f"COPY record ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(_TYPES)
                for chunk in records:
                    for row in chunk:
                        copy.write_row(row)
            if (signed := checkpoint()) is not None:
                cursor.execute(_CHECKPOINT, signed)
            if freshness:
                boots, seqs = zip(*freshness.values(), strict=True)
                cursor.execute(_FRESHNESS, (list(freshness), list(boots), list(seqs)))
            if journal:
                cursor.execute(_JOURNAL, (list(journal), list(journal.values())))

    def close(self) -> None:
        # The server notices a closed line a little later; whoever opens the log next must not be refused until then.
        with suppress(psycopg.Error):
            self.execute("SELECT pg_advisory_unlock_all()")
        super().close()

    def _take_lock(self) -> None:
        try:
            held = self.execute("SELECT pg_try_advisory_lock(?, hashtext(current_schema()))", (LOCK,)).fetchone()[0]
        except psycopg.Error as error:  # the line was cut just after it was opened
            raise _unavailable(error) from error
        if not held:
            raise LogHeld(
                "The log was not opened.",
                "Another session holds the log of this database: another keeper, or one whose line was just cut.",
                "Stop the other keeper; one site has one. A cut line is forgotten by itself.",
            )

    def _prepare(self) -> None:
        try:
            self.execute("SET synchronous_commit = on")
            made = self.execute("SELECT to_regclass('ostiary_log') IS NOT NULL").fetchone()[0]
            if not made:
                with self._connection.transaction():
                    self._connection.execute(SCHEMA)
        except psycopg.Error as error:
            raise _unavailable(error) from error
        _check_version(self._connection)


def check_dsn(dsn: str) -> None:
    """Raises BadDsn unless `dsn` says where a database is and holds no secret."""
    try:
        said = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error as error:
        raise BadDsn(
            "The log was not opened.",
            f"The address of its database cannot be read ({error}).",
            'Write it in site.toml as `log = "postgresql://host/database"`.',
        ) from error
    if said.get("password") or said.get("sslpassword"):
        raise BadDsn(
            "The log was not opened.",
            "The address of its database holds a password, and site.toml is no place for one.",
            "Use peer authentication, a client certificate, or the keeper's own ~/.pgpass.",
        )


def _connected(dsn: str, *, writes: bool) -> Any:
    check_dsn(dsn)
    try:
        db = psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=CONNECT_S,
            application_name="ostiary keeper" if writes else "ostiary reader",
        )
        if not writes:
            db.execute("SET default_transaction_read_only = on")
    except psycopg.Error as error:
        raise _unavailable(error) from error
    if db.info.server_version < OLDEST_SERVER * 10_000:
        db.close()
        raise StoreUnavailable(
            "The log was not opened.",
            f"The PostgreSQL server is older than version {OLDEST_SERVER}.",
            "Use a newer server.",
        )
    return db


def _check_version(db: Any) -> None:
    try:
        row = db.execute("SELECT version FROM ostiary_log").fetchone()
    except psycopg.Error as error:
        raise _unavailable(error) from error
    if row is None or row[0] > SCHEMA_VERSION:
        raise NewerSchema(
            "The log was not opened.",
            f"Its database has schema {row and row[0]}, and this version of Ostiary knows schemas up to "
            f"{SCHEMA_VERSION}.",
            "Install the version of Ostiary that last wrote it, or a newer one.",
        )


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        "The log's database was not opened.",
        f"The system says: {str(error).strip()}.",
        "Check that the PostgreSQL server runs and lets this user in; the next request tries again.",
    )
