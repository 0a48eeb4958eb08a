"""The store: tables, migrations, and the only place that speaks SQL."""
