"""Training of networks on a GPU: members side by side in stacks."""
