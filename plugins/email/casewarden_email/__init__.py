"""Email as a connector: IMAP and SMTP; a mailbox may be a team's whole helpdesk."""
