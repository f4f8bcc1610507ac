"""What goes in: the dataset type, tasks, splits, signal removal, readers, and a folder per place that data come from."""
