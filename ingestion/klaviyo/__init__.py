"""How Klaviyo is read: its protocol, its lists, its check. The source itself is ``ingestion.sources.klaviyo``."""
