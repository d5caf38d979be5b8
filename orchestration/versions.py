"""API versions that end soon: a warning 90 days ahead for every source and every destination, which stops nothing.

A retired version is not always refused: some vendors serve the oldest living one instead, of another shape. So it must
be known before. The day goes by our own clock, as the vendors' announcements do.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime

import dagster as dg

import selvage
from orchestration.checks import Judgement

CHECK = "{}_version_is_served"
NAME = re.compile(CHECK.format("(.+)"))


def version_checks(
    name: str, shown_on: Mapping[str, dg.AssetKey], version_of: Callable[[str], selvage.ApiVersion]
) -> list[dg.AssetChecksDefinition]:
    """A check per vendor that only warns, each shown on one of its assets. They are one step of this name.

    ``version_of`` is asked when the checks run, so that building the graph imports no vendor's module for it.
    """
    vendors = {key: vendor for vendor, key in shown_on.items()}
    if not vendors:
        return []

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                CHECK.format(vendor),
                asset=key,
                description=f"The version of {vendor}'s API in use is served for {selvage.WARN_DAYS} days more.",
                blocking=False,
            )
            for key, vendor in vendors.items()
        ],
        can_subset=True,
    )
    def versions(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        today = datetime.now(UTC).date()
        for check in sorted(context.selected_asset_check_keys):
            vendor = vendors[check.asset_key]
            found = evaluate(vendor, version_of(vendor), today)
            yield dg.AssetCheckResult(
                passed=found.passed,
                asset_key=check.asset_key,
                check_name=check.name,
                severity=dg.AssetCheckSeverity.WARN,
                description=found.description,
                metadata=found.metadata,
            )

    return [versions]


def evaluate(vendor: str, version: selvage.ApiVersion, today: date) -> Judgement:
    """Judge the version that the settings ask for; in the metadata the days it has left, where that was told."""
    warning = selvage.version_warning(vendor, version, today)
    sunset = str(version.sunset) if version.sunset else "no end was told"
    shown = {"made_for": version.name, "sunset": sunset}
    if warning:
        return Judgement(False, warning, shown)
    left = f"is served for {(version.sunset - today).days} days more" if version.sunset else f"is served: {sunset}"
    return Judgement(True, f"The version of {vendor}'s API in use {left}.", shown)
