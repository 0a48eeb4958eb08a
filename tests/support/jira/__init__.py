"""A Jira in the test's own process: Cloud, Data Center or Service Management."""
