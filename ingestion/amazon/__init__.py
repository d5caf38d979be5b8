"""Amazon's Selling Partner API: its client, its reports, its raw tables and what a credential may do."""
