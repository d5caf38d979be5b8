"""How ad accounts are read, whoever sells the ads: days in the account's zone, objects and days that changed."""
