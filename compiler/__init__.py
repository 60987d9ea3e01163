"""From `.cell.yaml` text to a checked, versioned execution graph."""
