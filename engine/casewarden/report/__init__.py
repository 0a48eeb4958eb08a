"""Results for people and machines: diagnostics, traces, proofs and replays as text, JSON, SARIF, HTML."""
