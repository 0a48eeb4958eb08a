"""The Request Tracker connector: transactions as events, actions by REST 2."""
