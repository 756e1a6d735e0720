"""Everything that leaves on paper: barcodes, papers as PDF, labels as PDF, SVG and ZPL."""
