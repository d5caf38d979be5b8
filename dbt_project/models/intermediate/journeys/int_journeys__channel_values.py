"""What each channel is worth to the paths as a whole: removal effect (Markov) and Shapley value."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001  (dbt's signature)
    from attribution.build import channel_values

    return channel_values(
        dbt.ref("int_journeys__transitions").to_arrow_table(),
        dbt.ref("int_journeys__channel_sets").to_arrow_table(),
        dbt.ref("int_journeys__touch_kinds").to_arrow_table(),
        dbt.ref("int_journeys__attribution_settings").to_arrow_table(),
    )
