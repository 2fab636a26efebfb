"""Webhooks, as far as no network is needed: receivers, signatures, and when to try again."""
