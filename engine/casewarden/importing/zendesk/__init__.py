"""Business rules of Zendesk: triggers, automations, SLA policies."""
