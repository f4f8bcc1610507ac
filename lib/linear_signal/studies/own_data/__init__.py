"""Your data: does it hold signal that is not linear, of what kind, is the split leaking, is the label the batch?"""

TITLE = "Your data"
