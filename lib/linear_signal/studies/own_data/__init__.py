"""The reader's own data: does it hold non-linear signal, of what kind, is the split leaking, is the label the batch."""

TITLE = "Your data"
