"""Rules of Jira automation."""
