"""Every operation of the client against every fault of docs/api.md §11: ``scripts/faults`` runs all, the tests some."""
