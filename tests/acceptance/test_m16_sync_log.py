"""M16: each operation sent is one row of the log, acknowledged, accepted_unverified or rejected; a rejection says why."""

from tests.conftest import Walk

ENDED = {"acknowledged", "accepted_unverified", "rejected"}


def test_each_operation_is_in_the_warehouse(next_day: Walk):
    with next_day.marts() as con:
        runs = con.sql(
            "select sync_run_id, sent_count, acknowledged_count + unverified_count, rejected_count from fct_sync_runs"
        ).fetchall()
        rows = dict(con.sql("select sync_run_id, count(*) from fct_sync_records group by 1").fetchall())
        statuses = {s for (s,) in con.sql("select distinct status from fct_sync_records").fetchall()}
        nameless = con.sql(
            "select count(*) from fct_sync_records where status = 'rejected' and (coalesce(reason, '') = '' or request_id is null)"
        ).fetchone()
    assert rows
    assert {run: sent for run, sent, _, _ in runs if sent} == rows
    assert all(accepted + rejected == sent for _, sent, accepted, rejected in runs)
    assert statuses <= ENDED
    assert nameless == (0,)


def test_the_log_counts_what_the_vendor_was_sent(first: Walk):
    """The vendor's own count of imported profiles, from its job documents, equals the log's."""
    with first.marts() as con:
        logged = con.sql(
            "select count(*) from fct_sync_records where action in ('add', 'update') and destination = 'klaviyo'"
        ).fetchone()[0]
    assert first.imported_profiles == logged


def test_counts_tie_per_request_where_the_vendor_counts_only(next_day: Walk):
    """Meta tells of each upload how many rows it received and how many were invalid, and never which it took."""
    with next_day.marts() as con:
        logged = con.sql(
            # a move took two requests
            "select upload, count(*), count(*) filter (where status = 'rejected') from ("
            "select unnest(string_split(request_id, ' ')) as upload, status from fct_sync_records "
            "where destination = 'meta' and audience <> 'conversions' and request_id is not null) group by 1"
        ).fetchall()
        statuses = dict(
            con.sql(
                "select status, sum(len(string_split(request_id, ' '))) from fct_sync_records "
                "where destination = 'meta' and event_id is null group by 1"
            ).fetchall()
        )
    assert len(next_day.uploads) >= 2
    assert {request: (sent, rejected) for request, sent, rejected in logged} == next_day.uploads
    assert statuses["accepted_unverified"] == sum(received - bad for received, bad in next_day.uploads.values())
    assert "acknowledged" not in statuses
