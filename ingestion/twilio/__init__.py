"""Twilio: how its list of messages is read, and where it goes. The source is ``ingestion.sources.twilio``."""
