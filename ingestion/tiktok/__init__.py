"""How TikTok's ads are read: its Business API and its tables. The source itself is ``ingestion.sources.tiktok``."""
