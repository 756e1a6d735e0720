"""What must always be true of papers that were printed and of stations."""

from wms.audit import Invariant

INVARIANTS = [
    Invariant(
        "prints_are_counted_without_gaps",
        "The copies of a paper are numbered 1, 2, 3 as they were printed.",
        """
        SELECT site_id, kind, number_key, COUNT(*) AS prints, MAX(copy) AS last FROM paper_prints
        GROUP BY site_id, kind, number_key HAVING COUNT(*) <> MAX(copy)
        """,
    ),
    Invariant(
        "copies_say_what_was_kept",
        "A print says what the row says that was kept for it, of the same paper.",
        """
        SELECT paper_prints.id, paper_prints.kind, paper_prints.number FROM paper_prints
        JOIN kept_papers ON kept_papers.id = paper_prints.kept_id
        WHERE kept_papers.digest <> paper_prints.digest OR kept_papers.number_key <> paper_prints.number_key
            OR kept_papers.kind <> paper_prints.kind OR kept_papers.site_id <> paper_prints.site_id
        """,
    ),
    Invariant(
        "stations_have_printers_that_take_it",
        "A station's label printer takes labels, its paper printer papers, and both are of its site.",
        """
        SELECT stations.id, printers.code, printers.takes FROM stations
        JOIN printers ON printers.id IN (stations.label_printer_id, stations.paper_printer_id)
        WHERE printers.site_id <> stations.site_id
            OR (printers.id = stations.label_printer_id AND printers.takes <> 'labels')
            OR (printers.id = stations.paper_printer_id AND printers.takes <> 'papers')
        """,
    ),
    Invariant(
        "printed_jobs_are_of_their_printers",
        "A print job goes to a printer of its own site.",
        """
        SELECT print_jobs.id, print_jobs.site_id, printers.code FROM print_jobs
        JOIN printers ON printers.id = print_jobs.printer_id WHERE printers.site_id <> print_jobs.site_id
        """,
    ),
]
