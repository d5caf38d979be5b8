"""How SurveyMonkey is read: budgets, pages, tables, check. The source is ``ingestion.sources.surveymonkey``."""
