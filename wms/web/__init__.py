"""Pages: render() as page or fragment, forms, tables, errors, the home board."""
