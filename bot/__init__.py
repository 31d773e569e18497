"""The product: ledger, jobs, providers and services. Nothing in here knows Discord."""
