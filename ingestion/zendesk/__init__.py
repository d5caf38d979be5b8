"""How Zendesk is read: its protocol, its lists, its check. The source itself is ``ingestion.sources.zendesk``."""
