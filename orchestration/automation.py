"""What runs when. Both schedules take the whole graph: its order is the order of a run (land, build, publish, sync).

- ``micro_batch`` every 15 minutes: everything, incrementally. Stopped until someone starts it.
- ``nightly`` at 3 in the brand's own time zone: everything, incremental models built anew. It runs by itself in
  production only; elsewhere it is started by hand.

Runs take turns (one pool for all who write the warehouse), so a micro-batch that finds the nightly run at work waits.
A run that was lost is started once more; one whose test or check failed is not: the same data would fail again.
"""

from __future__ import annotations

import dagster as dg

import selvage

FULL_REFRESH = {"ops": {"build_models": {"config": {"full_refresh": True}}}}


def jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The two jobs, each with every asset and check."""
    everything = dg.AssetSelection.all()
    return [
        dg.define_asset_job(
            "micro_batch",
            selection=everything,
            description="What is new at every source, through to the audiences.",
            tags={"dagster/priority": "0"},
        ),
        dg.define_asset_job(
            "nightly",
            selection=everything,
            description="Everything, with incremental models built anew.",
            config=FULL_REFRESH,
            tags={"dagster/priority": "1"},
        ),
    ]


def schedules() -> list[dg.ScheduleDefinition]:
    settings = selvage.settings()
    nightly = dg.DefaultScheduleStatus.RUNNING if settings.env == "prod" else dg.DefaultScheduleStatus.STOPPED
    return [
        dg.ScheduleDefinition(
            name="every_15_minutes",
            job_name="micro_batch",
            cron_schedule="*/15 * * * *",
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description="A micro-batch; stopped until someone starts it.",
        ),
        dg.ScheduleDefinition(
            name="every_night",
            job_name="nightly",
            cron_schedule="0 3 * * *",
            execution_timezone=settings.brand.reporting_timezone,
            default_status=nightly,
            description="The full run of the night.",
        ),
    ]
