"""Django's two database backends with one act added: callbacks that run as the last act of a transaction, before its COMMIT."""
