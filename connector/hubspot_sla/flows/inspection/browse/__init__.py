"""`sla browse`: the views of the ledger in a browser, served by Datasette on this machine alone."""
