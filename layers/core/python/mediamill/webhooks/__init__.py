"""Webhooks, sent: `completed` messages to the addresses that a deployment names."""
