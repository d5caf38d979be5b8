"""WhatsApp: how its webhooks are verified, what they hold, and where it goes."""
