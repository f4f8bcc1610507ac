"""What goes in: the dataset type, its sources, tasks, splits and signal removal."""
