"""How Google Ads is read: queries over REST and its tables. The source itself is ``ingestion.sources.google_ads``."""
