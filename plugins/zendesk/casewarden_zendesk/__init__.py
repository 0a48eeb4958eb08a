"""The Zendesk connector: audits as events, actions as safe updates, organizations as customers."""
