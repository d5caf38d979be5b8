"""How HubSpot is read: contacts, what they agreed to, who is gone. The source is ``ingestion.sources.hubspot``."""
