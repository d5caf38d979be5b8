"""How Meta is read: its Graph API and its tables. The source itself is ``ingestion.sources.meta``."""
