"""What the warehouse handles: products, their packagings and barcodes, and the partners they come from and go to."""
