"""What ships for tests of others: the pytest plugin that collects scenario tests."""
