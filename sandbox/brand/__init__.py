"""The simulated shop: people, what they do, what the vendors' systems hold of it, and the hidden truth."""
