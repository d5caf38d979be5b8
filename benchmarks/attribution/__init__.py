"""Attribution measured: what it costs beside others, whether it is exact, and how near it comes to true causes."""
