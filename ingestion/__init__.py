"""Sources: from the vendors' APIs and dropped files to raw tables in the warehouse.

dlt starts its telemetry and its log when its first object is made, which a source's decorator can do, before a pipeline
has told dlt all settings (``dlt_settings``). So these two are given here, before anything of dlt is used, as the
variables that it reads; whoever set another level of the log keeps it.
"""

import os

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")  # it warns of every column that is null in a page
