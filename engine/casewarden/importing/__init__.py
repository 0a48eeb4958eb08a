"""Rules of other systems as rulesets: what they export is read, translated, and checked before anybody sees it."""
