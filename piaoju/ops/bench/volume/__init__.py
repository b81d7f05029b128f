"""`piaoju bench data`: search and totals at their promised size, on generated bills of a whole province."""
