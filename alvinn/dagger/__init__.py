"""Rounds of corrections (DAgger): rollouts, teachers, the ledger, training in the background."""
