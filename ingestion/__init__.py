"""Sources: from the vendors' APIs and dropped files to raw tables in the warehouse.

dlt starts its telemetry and its log when its first object is made, which a source's decorator can do, long before code
can reach its configuration. So these two settings are given here, before anything of dlt is used, as the variables that
it reads; whoever set them otherwise keeps what they set.
"""

import os

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")  # it warns of every column that is null in a page
