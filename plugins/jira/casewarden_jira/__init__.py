"""The Jira connector: issues of Cloud, Data Center and Service Management as cases, defects and releases."""
