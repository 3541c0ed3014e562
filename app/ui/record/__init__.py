"""The record panel: one record with its state, next steps, fields, evidence and history."""
