"""Pages of stock: requisitions, segments, disposals, the history of numbers."""
