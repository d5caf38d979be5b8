"""How LoyaltyLion is read: its two lists and its check. The source itself is ``ingestion.sources.loyaltylion``."""
