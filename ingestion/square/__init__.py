"""How Square's API is spoken to, and which raw tables its objects become."""
