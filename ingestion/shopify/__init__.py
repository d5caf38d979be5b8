"""How Shopify is read: its protocol, its lists, its tables. The source itself is ``ingestion.sources.shopify``."""
